/*
 * libcrypto.c: the same work with OpenSSL's EVP_MAC: fields copied together, HMAC, upper-case digits.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bench.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

static void tpost_bench_digits(const unsigned char *mac, size_t size, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < size; i++) {
        out[2 * i] = digits[mac[i] >> 4];
        out[2 * i + 1] = digits[mac[i] & 15];
    }
}

/* The parameters already stand in canonical order: libcrypto is spared the sorting. */
static size_t tpost_bench_content(size_t row, char *content)
{
    size_t length = 0;
    unsigned i;

    for (i = 0; i < TPOST_BENCH_COLUMNS; i++) {
        const tpost_param *param = &tpost_bench_input.params[row][i];

        memcpy(content + length, param->name, param->name_len);
        length += param->name_len;
        memcpy(content + length, param->value, param->value_len);
        length += param->value_len;
    }
    return length;
}

static void tpost_bench_mac(EVP_MAC_CTX *context, size_t row)
{
    char content[2 * TPOST_BENCH_CONTENT];
    unsigned char mac[TPOST_DIGEST_SIZE];
    size_t length = tpost_bench_content(row, content);
    size_t size = 0;

    if (!EVP_MAC_update(context, (const unsigned char *)content, length) ||
        !EVP_MAC_final(context, mac, &size, sizeof mac)) {
        tpost_bench_fail("EVP_MAC");
    }
    tpost_bench_digits(mac, size, tpost_bench_out[row]);
}

static void tpost_bench_evp_rekeyed(const tpost_bench_subject *subject)
{
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        EVP_MAC_init(subject->context, (const unsigned char *)tpost_bench_secret(row), TPOST_BENCH_SECRET, NULL);
        tpost_bench_mac(subject->context, row);
    }
}

/* A context a key, as a server keeps them that knows its devices. */
static void tpost_bench_evp_reused(const tpost_bench_subject *subject)
{
    EVP_MAC_CTX *const *contexts = subject->context;
    size_t row;

    for (row = 0; row < TPOST_BENCH_ROWS; row++) {
        EVP_MAC_init(contexts[row], NULL, 0, NULL);
        tpost_bench_mac(contexts[row], row);
    }
}

static EVP_MAC_CTX *tpost_bench_context(EVP_MAC *mac, const char *digest, size_t row)
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    OSSL_PARAM params[2];
    char name[16];

    strncpy(name, digest, sizeof name - 1);
    name[sizeof name - 1] = '\0';
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (context == NULL ||
        !EVP_MAC_init(context, (const unsigned char *)tpost_bench_secret(row), TPOST_BENCH_SECRET, params)) {
        tpost_bench_fail("EVP_MAC_init");
    }
    return context;
}

void tpost_bench_add_libcrypto(void)
{
    static EVP_MAC_CTX *contexts[TPOST_BENCH_METHODS][TPOST_BENCH_ROWS];
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    unsigned method;
    size_t row;

    if (mac == NULL) {
        tpost_bench_fail("EVP_MAC_fetch");
    }
    for (method = 0; method < TPOST_BENCH_METHODS; method++) {
        const tpost_bench_method *which = &tpost_bench_methods[method];

        for (row = 0; row < TPOST_BENCH_ROWS; row++) {
            contexts[method][row] = tpost_bench_context(mac, which->digest, row);
        }
        tpost_bench_add("EVP_MAC, re-keyed", which, NULL, tpost_bench_evp_rekeyed, TPOST_BENCH_ROWS)->context =
            tpost_bench_context(mac, which->digest, 0);
        tpost_bench_add("EVP_MAC, reused key", which, NULL, tpost_bench_evp_reused, TPOST_BENCH_ROWS)->context =
            contexts[method];
    }
}
