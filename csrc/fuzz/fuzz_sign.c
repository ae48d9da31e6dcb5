/*
 * fuzz_sign.c: content and signature against a sort of our own and OpenSSL's HMAC, and what is written against what was given.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Input: a byte for the method, a byte for the secret's length, the secret, and parameters: each a byte for the name's length, the
 * name, two bytes for the value's length, the value.
 */
#include "thingpost.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* A copy of its size, so that a byte too far is seen. */
static char *copy_of(const uint8_t *bytes, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);

    memcpy(copy, bytes, len);
    return copy;
}

static size_t take(const uint8_t **data, size_t *size, size_t wanted)
{
    size_t got = wanted < *size ? wanted : *size;

    *data += got;
    *size -= got;
    return got;
}

static size_t read_params(const uint8_t *data, size_t size, tpost_param *params)
{
    size_t n = 0;

    for (; n < MOST && size > 3; n++) {
        size_t name_len = data[0] & 31u;
        size_t value_len = (size_t)(data[1] & 3u) << 8 | data[2];

        take(&data, &size, 3);
        params[n].name = copy_of(data, name_len < size ? name_len : size);
        params[n].name_len = take(&data, &size, name_len);
        params[n].value = copy_of(data, value_len < size ? value_len : size);
        params[n].value_len = take(&data, &size, value_len);
    }
    return n;
}

/* ---- The second opinion ------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const tpost_param *x = a;
    const tpost_param *y = b;
    size_t least = x->name_len < y->name_len ? x->name_len : y->name_len;
    int order = memcmp(x->name, y->name, least);

    return order != 0 ? order : (x->name_len > y->name_len) - (x->name_len < y->name_len);
}

static int is_named(const tpost_param *param, const char *name)
{
    return param->name_len == strlen(name) && memcmp(param->name, name, param->name_len) == 0;
}

/* The content, or the status that refuses the names. */
static tpost_status write_content(const tpost_param *params, size_t n, char *content, size_t *len)
{
    tpost_param sorted[MOST];
    tpost_status status = TPOST_OK;
    size_t i;

    memcpy(sorted, params, n * sizeof *params);
    qsort(sorted, n, sizeof *sorted, compare);
    *len = 0;
    for (i = 0; i < n; i++) {
        if (sorted[i].name_len == 0) {
            return TPOST_EMPTY_NAME;
        }
        if (i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0) {
            status = TPOST_REPEATED_NAME;
        }
        if (is_named(&sorted[i], "version") || is_named(&sorted[i], "sign") || is_named(&sorted[i], "signmethod")) {
            continue;
        }
        memcpy(content + *len, sorted[i].name, sorted[i].name_len);
        *len += sorted[i].name_len;
        memcpy(content + *len, sorted[i].value, sorted[i].value_len);
        *len += sorted[i].value_len;
    }
    return status;
}

static void write_sign(const EVP_MD *hash, const void *secret, size_t secret_len, const char *content, size_t len,
                       char *sign)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    unsigned i;

    HMAC(hash, secret, (int)secret_len, (const unsigned char *)content, len, digest, &digest_len);
    for (i = 0; i < digest_len; i++) {
        sprintf(sign + 2 * i, "%02X", digest[i]);
    }
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static void check_content(const tpost_param *params, size_t n, const char *content, size_t len, tpost_status expected)
{
    char *out = malloc(len + 1);
    size_t out_len = 1;

    check(tpost_content(params, n, out, len + 1, &out_len) == expected, "the status of the content");
    if (expected == TPOST_OK) {
        check(out_len == len && memcmp(out, content, len) == 0 && out[len] == '\0', "the content");
        check(tpost_content(params, n, out, len, &out_len) == TPOST_OUTPUT_TOO_SMALL && out_len == len, "too small");
    } else {
        check(out_len == 0 && out[0] == '\0', "the output of a refusal");
    }
    free(out);
}

static void check_key(const tpost_method *method, const char *secret, size_t secret_len, const tpost_param *params,
                      size_t n, const char *expected)
{
    char sign[TPOST_SIGN_SIZE];
    size_t len = strlen(expected);
    size_t i;
    tpost_key key;

    check(tpost_key_init(&key, method, secret, secret_len) == TPOST_OK, "the key");
    check(tpost_key_sign(&key, params, n, sign, sizeof sign) == TPOST_OK, "the key's status");
    check(strcmp(sign, expected) == 0, "the key's signature");
    for (i = 0; i < len; i += 3) { /* some in lower case */
        sign[i] = (char)(sign[i] >= 'A' ? sign[i] + 32 : sign[i]);
    }
    check(tpost_key_verify(&key, params, n, sign, len) == TPOST_OK, "the signature is accepted");
    sign[len / 2] = sign[len / 2] == '0' ? '1' : '0';
    check(tpost_key_verify(&key, params, n, sign, len) == TPOST_SIGN_MISMATCH, "another one is refused");
}

static void check_request(const tpost_method *method, const tpost_param *params, size_t n, const char *sign)
{
    static char request[65536];
    size_t len;
    size_t again;
    tpost_status status = tpost_auth_request("host", 4, method, params, n, sign, request, sizeof request, &len);

    if (status != TPOST_OK) {
        check(status == TPOST_BAD_PARAMETER && len == 0 && request[0] == '\0', "a parameter is refused");
        return;
    }
    check(strlen(request) == len && strstr(request, "\r\n\r\n{") != NULL, "the request is text");
    check(tpost_auth_request("host", 4, method, params, n, sign, request, len, &again) == TPOST_OUTPUT_TOO_SMALL,
          "a request without room for its NUL");
    check(again == len && request[0] == '\0', "the length that it needs");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tpost_method *const methods[] = {&tpost_hmacmd5, &tpost_hmacsha1, &tpost_hmacsha256};
    static char content[MOST * 1100];
    const EVP_MD *hashes[] = {EVP_md5(), EVP_sha1(), EVP_sha256()};
    tpost_param params[MOST];
    char sign[TPOST_SIGN_SIZE];
    char expected[TPOST_SIGN_SIZE] = "";
    char *secret;
    size_t secret_len;
    size_t len;
    size_t n;
    size_t i;
    unsigned m;
    tpost_status status;

    if (size < 2) {
        return 0;
    }
    m = data[0] % 3;
    secret_len = data[1] < size - 2 ? data[1] : size - 2;
    secret = copy_of(data + 2, secret_len);
    n = read_params(data + 2 + secret_len, size - 2 - secret_len, params);
    status = write_content(params, n, content, &len);
    check_content(params, n, content, len, status);
    if (status == TPOST_OK) {
        write_sign(hashes[m], secret, secret_len, content, len, expected);
    }
    if (secret_len == 0) {
        status = TPOST_EMPTY_SECRET;
    }
    check(tpost_sign(methods[m], secret, secret_len, params, n, sign, sizeof sign) == status, "the status");
    check(strcmp(sign, status == TPOST_OK ? expected : "") == 0, "the signature");
    if (status == TPOST_OK) {
        check_key(methods[m], secret, secret_len, params, n, expected);
        check_request(methods[m], params, n, sign);
    }
    for (i = 0; i < n; i++) {
        free((void *)(uintptr_t)params[i].name);
        free((void *)(uintptr_t)params[i].value);
    }
    free(secret);
    return 0;
}
