/* See bridge.h. SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <string.h>

/* Point params at the 2 * n fields. 0: they are not exactly that many, or too many. */
static int tpost_bridge_split(const char *fields, size_t size, tpost_param *params, size_t n)
{
    const char *end = fields + size;
    size_t i;

    if (n > TPOST_BRIDGE_MAX_PARAMS) {
        return 0;
    }
    for (i = 0; i < 2 * n; i++) {
        const char *stop = (const char *)memchr(fields, '\0', (size_t)(end - fields));
        int last = i + 1 == 2 * n;

        if ((stop == NULL) != last) {
            return 0;
        }
        if (last) {
            stop = end;
        }
        if (i % 2 == 0) {
            params[i / 2].name = fields;
            params[i / 2].name_len = (size_t)(stop - fields);
        } else {
            params[i / 2].value = fields;
            params[i / 2].value_len = (size_t)(stop - fields);
        }
        fields = last ? end : stop + 1;
    }
    return 1;
}

int tpost_bridge_sign(const tpost_method *method, const char *secret, size_t secret_len, const char *fields,
                      size_t size, size_t n, char *sign)
{
    tpost_param params[TPOST_BRIDGE_MAX_PARAMS];

    if (!tpost_bridge_split(fields, size, params, n)) {
        return TPOST_BRIDGE_GENERAL;
    }
    return (int)tpost_sign(method, secret, secret_len, params, n, sign, TPOST_SIGN_SIZE);
}

int tpost_bridge_key_sign(const tpost_key *key, const char *fields, size_t size, size_t n, char *sign)
{
    tpost_param params[TPOST_BRIDGE_MAX_PARAMS];

    if (!tpost_bridge_split(fields, size, params, n)) {
        return TPOST_BRIDGE_GENERAL;
    }
    return (int)tpost_key_sign(key, params, n, sign, TPOST_SIGN_SIZE);
}

void tpost_bridge_key_wipe(tpost_key *key)
{
    tpost_wipe(key, sizeof *key);
}

void tpost_bridge_device_wipe(tpost_device *device)
{
    tpost_wipe(device, sizeof *device);
}
