/* What Python sees of the core: read by cffi, not by a compiler. The documentation stands in thingpost.h and bridge.h. */

typedef int... tpost_status;
#define TPOST_OK ...
#define TPOST_EMPTY_SECRET ...
#define TPOST_EMPTY_NAME ...
#define TPOST_REPEATED_NAME ...
#define TPOST_SORTS_AFTER_TIMESTAMP ...
#define TPOST_SIGN_MISMATCH ...

#define TPOST_SIGN_SIZE ...

typedef struct tpost_method tpost_method;
const tpost_method *tpost_method_by_name(const char *name, size_t name_len);

typedef struct { const char *name; size_t name_len; const char *value; size_t value_len; } tpost_param;
typedef struct { ...; } tpost_key;
typedef struct { ...; } tpost_device;

int tpost_content(const tpost_param *params, size_t n, char *out, size_t out_size, size_t *out_len);

int tpost_key_init(tpost_key *key, const tpost_method *method, const char *secret, size_t secret_len);
int tpost_key_sign(const tpost_key *key, const tpost_param *params, size_t n, char *sign, size_t sign_size);
int tpost_key_verify(const tpost_key *key, const tpost_param *params, size_t n, const char *sign, size_t sign_len);

int tpost_device_init(tpost_device *device, const tpost_key *key, const tpost_param *params, size_t n);
int tpost_device_sign(const tpost_device *device, const char *timestamp, size_t timestamp_len, char *sign, size_t sign_size);

int tpost_bridge_sign(const tpost_method *method, const char *secret, size_t secret_len,
                      const char *fields, size_t size, size_t n, char *sign);
int tpost_bridge_key_sign(const tpost_key *key, const char *fields, size_t size, size_t n, char *sign);
void tpost_bridge_key_wipe(tpost_key *key);
void tpost_bridge_device_wipe(tpost_device *device);
