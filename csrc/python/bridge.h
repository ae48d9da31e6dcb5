/*
 * bridge.h: what the Python binding needs beside thingpost.h. Not a part of the firmware library.
 *
 * A call through cffi takes some 70 ns with one argument and 180 to 250 ns with two to five: more than a signature takes
 * to compute. So each call has one argument, a bytes object that holds a message:
 *
 *     the address of a tpost_bridge_slot, as TPOST_BRIDGE_ADDRESS characters of seven bits, the highest first;
 *     then texts, each ended by a NUL byte
 *
 * (Seven bits, because Python then joins everything as str and encodes it once.)
 *
 * The last text is ended by the NUL that follows the content of every bytes object. How many texts there are is known
 * from the slot, never from the message. A text that itself contains a NUL byte thus shifts the texts after it and leaves
 * bytes at the end unread. Nothing is read beyond the message, and Python sees it: every call returns how many bytes of
 * the message it has read, and where that is not all of it, Python drops the result and takes a call with lengths.
 */
#ifndef TPOST_BRIDGE_H
#define TPOST_BRIDGE_H

#include "text.h"

#include <thingpost.h>

#define TPOST_BRIDGE_ADDRESS 10 /* 7 * 10 >= 64 */

/* Beyond these limits a call answers 0, and Python takes a call with lengths. Both are buffers on the stack. */
#define TPOST_BRIDGE_MAX_PARAMS 32
#define TPOST_BRIDGE_MAX_CONTENT 2048

#define TPOST_BRIDGE_SHORT 16 /* bytes of a name that are copied at once */

/*
 * A set of parameter names in the order of messages: the names that are signed, in canonical order, then those that are
 * not. Name i is number order[i] of the params that the set was made from, whose bytes it points to; short_name has its
 * beginning too, with zeros behind it.
 */
typedef struct tpost_bridge_names {
    size_t count;
    size_t signed_count;
    const char *name[TPOST_BRIDGE_MAX_PARAMS];
    size_t name_len[TPOST_BRIDGE_MAX_PARAMS];
    char short_name[TPOST_BRIDGE_MAX_PARAMS][TPOST_BRIDGE_SHORT];
    unsigned char order[TPOST_BRIDGE_MAX_PARAMS];
} tpost_bridge_names;

/* n is at most TPOST_BRIDGE_MAX_PARAMS; values do not matter. Returns TPOST_OK, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME. */
int tpost_bridge_names_init(tpost_bridge_names *names, const tpost_param *params, size_t n);

/* What a call works with. For one call at a time, because of `sign`; the rest may be shared. */
typedef struct tpost_bridge_slot {
    const tpost_method *method;      /* tpost_bridge_sign, tpost_bridge_verify */
    const tpost_key *key;            /* tpost_bridge_key_sign, tpost_bridge_key_verify */
    const tpost_text_device *device; /* tpost_bridge_device_sign */
    const tpost_bridge_names *names;
    char *sign; /* receives the digits, without a NUL */
} tpost_bridge_slot;

/*
 * Sign. The texts: the values in the order of the names (and the secret); the timestamp.
 * Return how many bytes of the message were read, without the last NUL; 0 where nothing was signed.
 */
ptrdiff_t tpost_bridge_sign(const char *message);
ptrdiff_t tpost_bridge_key_sign(const char *message);
ptrdiff_t tpost_bridge_device_sign(const char *message);

/*
 * Verify. The texts: the values in the order of the names, the received signature (and the secret).
 * Return as above, and that number negated where the signature is not the right one.
 */
ptrdiff_t tpost_bridge_verify(const char *message);
ptrdiff_t tpost_bridge_key_verify(const char *message);

/* As tpost_method_by_name(), by the instructions of this CPU unless `portable`. */
const tpost_method *tpost_bridge_method(const char *name, size_t name_len, int portable);

/* As tpost_device_init(), for tpost_bridge_device_sign(). */
int tpost_bridge_device_init(tpost_text_device *ready, const tpost_key *key, const tpost_param *params, size_t n);

/* Destructors, for cffi's garbage collection. */
void tpost_bridge_key_wipe(tpost_key *key);
void tpost_bridge_device_wipe(tpost_text_device *ready);

#endif
