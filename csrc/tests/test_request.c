/*
 * test_request.c: the HTTP text that a device sends, byte for byte, and what is refused.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)
#define HOST "iot-as-http.cn-shanghai.aliyuncs.com"
#define SIGN "FAFD82A3D602B37FB0FA8B7892F24A477F851A14"

static char out[4096];
static size_t out_len;

static tpost_status auth(const tpost_param *params, size_t n)
{
    memset(out, 'x', sizeof out);
    return tpost_auth_request(HOST, sizeof HOST - 1, &tpost_hmacsha1, params, n, SIGN, out, sizeof out, &out_len);
}

static tpost_status publish(const char *topic, const char *token, uint32_t payload_len)
{
    memset(out, 'x', sizeof out);
    return tpost_topic_request(HOST, sizeof HOST - 1, topic, strlen(topic), token, strlen(token), payload_len, out,
                               sizeof out, &out_len);
}

/* ---- What is written --------------------------------------------------------------------------------------------- */

static const tpost_param device[] = {TEXT("productKey", "pk"), TEXT("deviceName", "device"), TEXT("clientId", "12345"),
                                     TEXT("timestamp", "789")};

static void test_signing_in(void)
{
    static const char body[] = "{\"version\":\"default\",\"signmethod\":\"hmacsha1\",\"sign\":\"" SIGN
                               "\",\"productKey\":\"pk\",\"deviceName\":\"device\",\"clientId\":\"12345\","
                               "\"timestamp\":\"789\"}";
    char expected[1024];

    snprintf(expected, sizeof expected,
             "POST /auth HTTP/1.1\r\nHost: " HOST "\r\n"
             "Content-Type: application/json\r\nContent-Length: %u\r\n\r\n%s",
             (unsigned)strlen(body), body);
    CHECK_INT(auth(device, 4), TPOST_OK);
    CHECK_TEXT(out, expected);
    CHECK_INT(out_len, strlen(expected));
    CHECK_INT(auth(device, 3), TPOST_OK); /* a device without a clock */
}

static void test_the_method_is_named(void)
{
    static const char *const named[] = {"\"signmethod\":\"hmacmd5\"", "\"signmethod\":\"hmacsha1\"",
                                        "\"signmethod\":\"hmacsha256\""};
    char sign[TPOST_SIGN_SIZE];
    int m;

    for (m = 0; m < CHECK_METHODS; m++) {
        CHECK_INT(tpost_sign(check_method(m), "secret", 6, device, 4, sign, sizeof sign), TPOST_OK);
        CHECK_INT(tpost_auth_request("h", 1, check_method(m), device, 4, sign, out, sizeof out, NULL), TPOST_OK);
        CHECK(strstr(out, named[m]) != NULL);
        CHECK(strstr(out, sign) != NULL);
    }
}

static void test_text_is_escaped(void)
{
    tpost_param params[] = {TEXT("productKey", "pk"), TEXT("deviceName", "dn"),
                            TEXT("clientId", "a\"b\\c\n\x1f\t\x7f\xc3\xa9"), TEXT("\"", "")};

    CHECK_INT(auth(params, 4), TPOST_OK);
    CHECK(strstr(out, "\"clientId\":\"a\\\"b\\\\c\\u000A\\u001F\\u0009\x7f\xc3\xa9\",\"\\\"\":\"\"}") != NULL);
}

static void test_publishing(void)
{
    CHECK_INT(publish("/a1GFjLP/device123/user/pub", "bfbf6ed2bd9b4d5a", 131072), TPOST_OK);
    CHECK_TEXT(out, "POST /topic/a1GFjLP/device123/user/pub HTTP/1.1\r\nHost: " HOST "\r\n"
                    "Content-Type: application/octet-stream\r\nContent-Length: 131072\r\n"
                    "password: bfbf6ed2bd9b4d5a\r\n\r\n");
    CHECK_INT(out_len, strlen(out));
    CHECK_INT(publish("/a/b", "t", 0), TPOST_OK);
    CHECK(strstr(out, "Content-Length: 0\r\n") != NULL);
}

/* Every size: nothing is written beyond, and the length that is needed is told. */
static void test_an_output_that_is_too_small(void)
{
    size_t needed;
    size_t size;

    CHECK_INT(auth(device, 4), TPOST_OK);
    needed = out_len;
    for (size = 0; size <= needed + 1; size++) {
        tpost_status status;

        memset(out, 'x', sizeof out);
        status = tpost_auth_request(HOST, sizeof HOST - 1, &tpost_hmacsha1, device, 4, SIGN, size > 0 ? out : NULL,
                                    size, &out_len);
        CHECK_INT(status, size > needed ? TPOST_OK : TPOST_OUTPUT_TOO_SMALL);
        CHECK_INT(out_len, needed);
        CHECK(size == 0 || strlen(out) == (size > needed ? needed : 0));
        CHECK_INT(out[size], 'x');
        memset(out, 'x', sizeof out);
        status = tpost_topic_request(HOST, sizeof HOST - 1, "/a/b", 4, "t", 1, 1, size > 0 ? out : NULL, size, NULL);
        CHECK(status == TPOST_OK || status == TPOST_OUTPUT_TOO_SMALL);
        CHECK_INT(out[size], 'x');
    }
}

/* ---- What is refused --------------------------------------------------------------------------------------------- */

/* A refusal leaves an empty output. */
static void check_refused(tpost_status status, tpost_status expected)
{
    CHECK_INT(status, expected);
    CHECK_INT(out[0], '\0');
    CHECK_INT(out_len, 0);
}

/* The device with another value for parameter i */
static tpost_status auth_with(size_t i, const char *value, size_t len)
{
    tpost_param params[4];

    memcpy(params, device, sizeof params);
    params[i].value = value;
    params[i].value_len = len;
    snprintf(check_subject, sizeof check_subject, "parameter %u, %u bytes: %.40s", (unsigned)i, (unsigned)len, value);
    return auth(params, 4);
}

static void test_names(void)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    static const char *const bad[] = {"", ".", "..", "a b", "a/b", "a$", "\xc3\xa9", "a\r\nb", "a\"", "a\\"};
    size_t i;
    size_t which;

    for (which = 0; which < 2; which++) {
        CHECK_INT(auth_with(which, good, 64), TPOST_OK);
        CHECK_INT(auth_with(which, "...", 3), TPOST_OK);
        CHECK_INT(auth_with(which, "a.:@*-_", 7), TPOST_OK);
        check_refused(auth_with(which, "a\0b", 3), TPOST_BAD_PARAMETER);
        check_refused(auth_with(which, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65),
                      TPOST_BAD_PARAMETER);
        for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            check_refused(auth_with(which, bad[i], strlen(bad[i])), TPOST_BAD_PARAMETER);
        }
    }
}

/* The clientId's limit counts characters: these are 64 and 65 of them, of each length in UTF-8. */
static void test_client_id(void)
{
    static const char *const characters[] = {"a",
                                             "\xc2\x80",
                                             "\xdf\xbf",
                                             "\xe0\xa0\x80",
                                             "\xed\x9f\xbf",
                                             "\xef\xbf\xbf",
                                             "\xf0\x90\x80\x80",
                                             "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x7f",
                                      "\xc2\xc0",
                                      "\xe0\x9f\xbf",
                                      "\xe0\xa0",
                                      "\xed\xa0\x80",
                                      "\xef\xbf\x7f",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x90\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
    size_t i;

    for (i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        char id[65 * 4];
        size_t size = strlen(characters[i]);
        size_t k;

        for (k = 0; k < 65; k++) {
            memcpy(id + k * size, characters[i], size);
        }
        CHECK_INT(auth_with(2, id, 64 * size), TPOST_OK);
        check_refused(auth_with(2, id, 65 * size), TPOST_BAD_PARAMETER);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_refused(auth_with(2, bad[i], strlen(bad[i])), TPOST_BAD_PARAMETER);
    }
    check_refused(auth_with(2, "", 0), TPOST_BAD_PARAMETER);
}

static void test_timestamp(void)
{
    CHECK_INT(auth_with(3, "01234567890123456789", 20), TPOST_OK);
    check_refused(auth_with(3, "012345678901234567890", 21), TPOST_BAD_PARAMETER);
    check_refused(auth_with(3, "", 0), TPOST_BAD_PARAMETER);
    check_refused(auth_with(3, "1.5", 3), TPOST_BAD_PARAMETER);
    check_refused(auth_with(3, "-1", 2), TPOST_BAD_PARAMETER);
    check_refused(auth_with(3, "1:", 2), TPOST_BAD_PARAMETER);
    check_refused(auth_with(3, "1a", 2), TPOST_BAD_PARAMETER);
}

static void test_which_parameters(void)
{
    static const tpost_param more[] = {TEXT("version", "x"), TEXT("signmethod", "x"),    TEXT("sign", "x"),
                                       TEXT("", "x"),        TEXT("clientId", "x"),      TEXT("n", "\xff"),
                                       TEXT("\xff", "v"),    TEXT("productKeyMore", ""), TEXT("productKe", "")};
    static const tpost_status expected[] = {TPOST_BAD_PARAMETER,
                                            TPOST_BAD_PARAMETER,
                                            TPOST_BAD_PARAMETER,
                                            TPOST_EMPTY_NAME,
                                            TPOST_REPEATED_NAME,
                                            TPOST_BAD_PARAMETER,
                                            TPOST_BAD_PARAMETER,
                                            TPOST_OK,
                                            TPOST_OK};
    static const tpost_param faults[] = {TEXT("x", "1"), TEXT("x", "2"), TEXT("", "x")};
    tpost_param params[7];
    size_t i;

    memcpy(params, device, sizeof device);
    memcpy(&params[4], faults, sizeof faults);
    check_refused(auth(params, 6), TPOST_REPEATED_NAME);
    check_refused(auth(params, 7), TPOST_EMPTY_NAME);
    for (i = 0; i < sizeof more / sizeof more[0]; i++) {
        snprintf(check_subject, sizeof check_subject, "further parameter %u", (unsigned)i);
        params[4] = more[i];
        CHECK_INT(auth(params, 5), expected[i]);
        CHECK_INT(out[0] == '\0', expected[i] != TPOST_OK);
    }
    for (i = 0; i < 3; i++) {
        memcpy(params, device, sizeof device);
        params[i] = params[3]; /* one that must be there is missing */
        snprintf(check_subject, sizeof check_subject, "without parameter %u", (unsigned)i);
        check_refused(auth(params, 3), TPOST_BAD_PARAMETER);
    }
    check_refused(auth(NULL, 0), TPOST_BAD_PARAMETER);
    check_refused(tpost_auth_request("h", 1, NULL, device, 4, SIGN, out, sizeof out, &out_len), TPOST_KEY_NOT_READY);
}

static void test_host(void)
{
    static const char *const good[] = {"h", "127.0.0.1:8443", "[::1]:443", "a-b_c.d"};
    static const char *const bad[] = {"",    "a b",      "a\r\nEvil: 1", "a/b", "user@h", "a\n",
                                      "a\t", "\xc3\xa9", "h?",           "h#",  "*"};
    char longest[257];
    size_t i;

    memset(longest, 'a', sizeof longest);
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_INT(tpost_topic_request(good[i], strlen(good[i]), "/a", 2, "t", 1, 0, out, sizeof out, &out_len),
                  TPOST_OK);
    }
    CHECK_INT(tpost_topic_request(longest, 255, "/a", 2, "t", 1, 0, out, sizeof out, &out_len), TPOST_OK);
    check_refused(tpost_topic_request(longest, 256, "/a", 2, "t", 1, 0, out, sizeof out, &out_len), TPOST_BAD_HOST);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = strlen(bad[i]);

        snprintf(check_subject, sizeof check_subject, "host %u", (unsigned)i);
        check_refused(tpost_topic_request(bad[i], len, "/a", 2, "t", 1, 0, out, sizeof out, &out_len), TPOST_BAD_HOST);
        check_refused(tpost_auth_request(bad[i], len, &tpost_hmacsha1, device, 4, SIGN, out, sizeof out, &out_len),
                      TPOST_BAD_HOST);
    }
}

static void test_topic(void)
{
    static const char *const good[] = {"/a", "/a/b/c/d/e/f/g", "/sys/pk/dn/thing/event/property/post", "/$a/@b/*:-_.",
                                       "/.a/a./.a."};
    static const char *const bad[] = {"",    "/",     "a/b",      "/a/",      "//a",       "/a//b",
                                      "/.",  "/a/..", "/../auth", "/a/+/",    "/a b",      "/a?b",
                                      "/a#", "/a%20", "/a\n",     "/a/b\r\n", "/\xc3\xa9", "/a/b/c/d/e/f/g/h"};
    char longest[130];
    size_t i;

    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[128] = '\0';
    CHECK_INT(publish(longest, "t", 0), TPOST_OK);
    longest[128] = 'a';
    longest[129] = '\0';
    check_refused(publish(longest, "t", 0), TPOST_BAD_TOPIC);
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(check_subject, sizeof check_subject, "topic %s", good[i]);
        CHECK_INT(publish(good[i], "t", 0), TPOST_OK);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(check_subject, sizeof check_subject, "topic %s", bad[i]);
        check_refused(publish(bad[i], "t", 0), TPOST_BAD_TOPIC);
    }
}

static void test_token_and_payload(void)
{
    static const char *const bad[] = {"", "a b", "a\r\nEvil: 1", "\x7f", "\x1f", "\x80"};
    char longest[1026];
    size_t i;

    memset(longest, '~', sizeof longest);
    longest[1024] = '\0';
    CHECK_INT(publish("/a", longest, 0), TPOST_OK);
    longest[1024] = '!';
    longest[1025] = '\0';
    check_refused(publish("/a", longest, 0), TPOST_BAD_TOKEN);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(check_subject, sizeof check_subject, "token %u", (unsigned)i);
        check_refused(publish("/a", bad[i], 0), TPOST_BAD_TOKEN);
    }
    check_refused(publish("/a", "t", 131073), TPOST_PAYLOAD_TOO_LARGE);
    check_refused(publish("/a", "t", 0xffffffffu), TPOST_PAYLOAD_TOO_LARGE);
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static void test_u64_text(void)
{
    uint64_t number = 0;
    int i;

    for (i = 0; i < 2000; i++) {
        char text[TPOST_U64_SIZE + 1];
        char expected[TPOST_U64_SIZE];

        snprintf(expected, sizeof expected, "%llu", (unsigned long long)number);
        text[TPOST_U64_SIZE] = 'x';
        CHECK_INT(tpost_u64_text(number, text), strlen(expected));
        CHECK_TEXT(text, expected);
        /* Around every power of two, then anything (Knuth's multiplier) */
        number = i < 192 ? ((uint64_t)1 << i / 3) + (uint64_t)(i % 3) - 1 : number * 6364136223846793005u + 1u;
    }
    CHECK_INT(tpost_u64_text(UINT64_MAX, out), 20);
    CHECK_TEXT(out, "18446744073709551615");
    CHECK_INT(tpost_u64_text(892687627916247040u, out), 18);
    CHECK_TEXT(out, "892687627916247040");
}

int main(void)
{
    test_signing_in();
    test_the_method_is_named();
    test_text_is_escaped();
    test_publishing();
    test_an_output_that_is_too_small();
    test_names();
    test_client_id();
    test_timestamp();
    test_which_parameters();
    test_host();
    test_topic();
    test_token_and_payload();
    test_u64_text();
    return check_end("test_request");
}
