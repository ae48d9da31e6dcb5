/*
 * constant_time.c: with secrets that valgrind takes for undefined, no branch and no address depends on one.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Secret: the device secret, and all that is computed from it, the signature included until it is handed out. Public: lengths,
 * names, values, the received signature, the verdict. "leak" as argument branches on a secret: the check must then fail.
 */
#include "thingpost.h"

#include <stdio.h>
#include <string.h>

#include <valgrind/memcheck.h>

static const tpost_param params[] = {
    TPOST_PARAM("productKey", "a1GFjLP", 7), TPOST_PARAM("deviceName", "device123", 9),
    TPOST_PARAM("clientId", "some client of ours, long enough to fill a block of 64", 53),
    TPOST_PARAM("timestamp", "1501668289957", 13)};

static void hide(void *memory, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(memory, len);
}

static void show(void *memory, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(memory, len);
}

/* All functions that take a secret of this length. Returns how many things went wrong. */
static int run(const tpost_method *method, size_t secret_len)
{
    static char secret[200];
    char sign[TPOST_SIGN_SIZE];
    char again[TPOST_SIGN_SIZE];
    uint8_t digest[TPOST_DIGEST_SIZE];
    tpost_device device;
    tpost_hash hash;
    tpost_key key;
    int wrong = 0;

    memset(secret, 's', sizeof secret);
    hide(secret, sizeof secret);
    wrong += tpost_sign(method, secret, secret_len, params, 4, sign, sizeof sign) != TPOST_OK;
    wrong += tpost_key_init(&key, method, secret, secret_len) != TPOST_OK;
    wrong += tpost_key_sign(&key, params, 4, again, sizeof again) != TPOST_OK;
    show(sign, sizeof sign);
    show(again, sizeof again);
    wrong += strcmp(sign, again) != 0;
    wrong += tpost_device_init(&device, &key, params, 3) != TPOST_OK;
    wrong += tpost_device_sign(&device, params[3].value, params[3].value_len, again, sizeof again) != TPOST_OK;
    show(again, sizeof again);
    wrong += strcmp(sign, again) != 0;
    wrong += tpost_key_verify(&key, params, 4, sign, strlen(sign)) != TPOST_OK;
    again[5] = again[5] == 'A' ? 'B' : 'A';
    wrong += tpost_key_verify(&key, params, 4, again, strlen(again)) != TPOST_SIGN_MISMATCH;
    tpost_hmac(method, secret, secret_len, "content", 7, digest);
    tpost_key_begin(&key, &hash);
    tpost_hash_update(&hash, "content", 7);
    tpost_key_finish(&key, &hash, digest);
    tpost_hex(digest, tpost_method_digest_size(method), sign);
    tpost_wipe(&key, sizeof key);
    return wrong;
}

int main(int argc, char **argv)
{
    static const size_t lengths[] = {1, 32, 64, 65, 200};
    int wrong = 0;
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        wrong += run(&tpost_hmacmd5, lengths[i]);
        wrong += run(&tpost_hmacsha1, lengths[i]);
        wrong += run(&tpost_hmacsha256, lengths[i]);
    }
    if (argc > 1 && strcmp(argv[1], "leak") == 0) {
        char secret = 's';

        hide(&secret, 1);
        if (secret == 's') {
            puts("leaked");
        }
    }
    return wrong;
}
