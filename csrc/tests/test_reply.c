/*
 * test_reply.c: the reader of replies: in pieces, to its bounds, and what stays where it refuses. What replies mean, one by one,
 * stands in tests/vectors/replies.json at the project's root, which tests/test_vectors.py has this reader read, too.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#define AUTH "{\"code\":0,\"message\":\"success\",\"info\":{\"token\":\"6944e5bfb92e4d4ea3918d1eda3942f6\"}}"
#define TOPIC "{\"code\":0,\"message\":\"success\",\"info\":{\"messageId\":892687627916247040,}}"
#define TOKEN "6944e5bfb92e4d4ea3918d1eda3942f6"
#define MESSAGE_ID 892687627916247040u

static tpost_reply reply;
static char token[TPOST_TOKEN_MAX + 1];
static char text[TPOST_REPLY_MAX + 4096];

static const char *with_length(const char *body)
{
    sprintf(text, "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n%s", (unsigned)strlen(body), body);
    return text;
}

/* Chunks of so many bytes */
static const char *in_chunks(const char *body, size_t size)
{
    char *to = text + sprintf(text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    size_t left = strlen(body);

    while (left > 0) {
        size_t n = left < size ? left : size;

        to += sprintf(to, "%x\r\n%.*s\r\n", (unsigned)n, (int)n, body);
        body += n;
        left -= n;
    }
    strcpy(to, "0\r\n\r\n");
    return text;
}

static tpost_status read_all(const char *bytes, char *to, size_t size)
{
    tpost_reply_begin(&reply, to, size);
    return tpost_reply_feed(&reply, bytes, strlen(bytes), NULL);
}

/* ---- What is read ------------------------------------------------------------------------------------------------ */

static void test_a_token(void)
{
    memset(token, 'x', sizeof token);
    CHECK_INT(read_all(with_length(AUTH), token, sizeof token), TPOST_OK);
    CHECK_TEXT(token, TOKEN);
    CHECK_INT(reply.token_len, 32);
    CHECK_INT(reply.code, 0);
    CHECK_INT(reply.status, 200);
    CHECK_INT(reply.reusable, 1);
}

static void test_a_message_id(void)
{
    CHECK_INT(read_all(with_length(TOPIC), NULL, 0), TPOST_OK);
    CHECK(reply.message_id == MESSAGE_ID);
    CHECK_INT(reply.token_len, 0);
    /* A token is of no interest there, however long. */
    CHECK_INT(
        read_all(with_length("{\"info\":{\"token\":\"" TOKEN "\",\"messageId\":18446744073709551615},\"code\":0}"),
                 NULL, 0),
        TPOST_OK);
    CHECK(reply.message_id == UINT64_MAX);
}

/* Split once at every byte, into single bytes, and into chunks of every size */
static void test_in_pieces(void)
{
    const char *whole = with_length(TOPIC);
    size_t len = strlen(whole);
    size_t split;
    size_t used;

    for (split = 0; split <= len; split++) {
        tpost_reply_begin(&reply, NULL, 0);
        CHECK_INT(tpost_reply_feed(&reply, whole, split, &used), split < len ? TPOST_PARTIAL : TPOST_OK);
        CHECK_INT(used, split);
        CHECK_INT(tpost_reply_feed(&reply, whole + split, len - split, NULL), TPOST_OK);
        CHECK(reply.message_id == MESSAGE_ID);
    }
    for (split = 1; split <= sizeof TOPIC; split++) {
        size_t i;

        whole = in_chunks(TOPIC, split);
        tpost_reply_begin(&reply, NULL, 0);
        for (i = 0; i + 1 < strlen(whole); i++) {
            CHECK_INT(tpost_reply_feed(&reply, whole + i, 1, NULL), TPOST_PARTIAL);
        }
        CHECK_INT(tpost_reply_feed(&reply, whole + i, 1, NULL), TPOST_OK);
        CHECK(reply.message_id == MESSAGE_ID);
        CHECK_INT(reply.reusable, 1);
    }
}

static void test_a_refusal_of_the_platform(void)
{
    memset(token, 'x', sizeof token);
    CHECK_INT(read_all(with_length("{\"code\":20000,\"info\":{\"token\":\"" TOKEN "\"}}"), token, sizeof token),
              TPOST_OK);
    CHECK_INT(reply.code, 20000);
    CHECK_INT(reply.token_len, 0);
    CHECK_TEXT(token, "");
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nRetry-After: 30\r\nContent-Length: 14\r\n\r\n{\"code\":40000}", NULL, 0),
              TPOST_OK);
    CHECK_INT(reply.code, 40000);
    CHECK_INT(reply.retry_after, 30);
}

/* ---- Where it ends ----------------------------------------------------------------------------------------------- */

static void test_what_follows_is_not_used(void)
{
    size_t len = strlen(with_length(TOPIC));
    size_t used;

    strcat(text, "HTTP/1.1 200 OK");
    tpost_reply_begin(&reply, NULL, 0);
    CHECK_INT(tpost_reply_feed(&reply, text, strlen(text), &used), TPOST_OK);
    CHECK_INT(used, len);
    CHECK_INT(tpost_reply_feed(&reply, "x", 1, &used), TPOST_OK);
    CHECK_INT(used, 0);
    CHECK_INT(tpost_reply_end(&reply), TPOST_OK);
}

static void test_the_peer_closes(void)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";

    sprintf(text, "%s%s", head, TOPIC);
    CHECK_INT(read_all(text, NULL, 0), TPOST_PARTIAL);
    CHECK_INT(tpost_reply_end(&reply), TPOST_OK);
    CHECK(reply.message_id == MESSAGE_ID);
    CHECK_INT(reply.reusable, 0);
    text[strlen(text) - 1] = '\0';
    CHECK_INT(read_all(text, NULL, 0), TPOST_PARTIAL);
    CHECK_INT(tpost_reply_end(&reply), TPOST_MALFORMED);
    CHECK_INT(read_all(head, NULL, 0), TPOST_PARTIAL);
    CHECK_INT(tpost_reply_end(&reply), TPOST_MALFORMED);

    with_length(TOPIC);
    text[strlen(text) - 1] = '\0';
    CHECK_INT(read_all(text, NULL, 0), TPOST_PARTIAL);
    CHECK_INT(tpost_reply_end(&reply), TPOST_PARTIAL); /* cut short */
}

static void test_a_refusal_is_for_good(void)
{
    CHECK_INT(read_all("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>", NULL, 0), TPOST_MALFORMED);
    CHECK_INT(reply.status, 502);
    CHECK_INT(read_all("HTTP/1.1\t200 OK\r\n", NULL, 0), TPOST_MALFORMED); /* Python's reader lets that pass */
    CHECK_INT(read_all("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<", NULL, 0), TPOST_MALFORMED);
    CHECK_INT(tpost_reply_feed(&reply, TOPIC, sizeof TOPIC - 1, NULL), TPOST_MALFORMED);
    CHECK_INT(tpost_reply_end(&reply), TPOST_MALFORMED);
}

/* ---- Bounds ------------------------------------------------------------------------------------------------------ */

static void test_the_tokens_buffer(void)
{
    size_t size;

    for (size = 1; size <= 40; size++) {
        memset(token, 'x', sizeof token);
        CHECK_INT(read_all(with_length(AUTH), token, size), size > 32 ? TPOST_OK : TPOST_TOO_LONG);
        CHECK_TEXT(token, size > 32 ? TOKEN : "");
        CHECK_INT(token[size], 'x');
        if (size <= 32) { /* no part of it stays */
            static const char zeros[40];

            CHECK_BYTES(token, zeros, size);
        }
    }
}

/* A token of `len` characters, in a buffer that could hold more */
static tpost_status read_token(size_t len)
{
    static char body[4096];
    static char more[2 * TPOST_TOKEN_MAX];

    sprintf(body, "{\"code\":0,\"info\":{\"token\":\"%0*d\"}}", (int)len, 0);
    return read_all(with_length(body), more, sizeof more);
}

static void test_the_longest_token(void)
{
    CHECK_INT(read_token(TPOST_TOKEN_MAX), TPOST_OK);
    CHECK_INT(reply.token_len, TPOST_TOKEN_MAX);
    CHECK_INT(read_token(TPOST_TOKEN_MAX + 1), TPOST_TOO_LONG);
}

/* A reply of `len` bytes, filled up with blanks behind the document or with one long header */
static tpost_status read_reply_of(size_t len, int in_head)
{
    char *to = text + sprintf(text, "HTTP/1.1 200 OK\r\n");

    if (in_head) {
        size_t fill = len - (size_t)(to - text) - sizeof TOPIC - 26;

        to += sprintf(to, "X: ");
        memset(to, 'x', fill);
        to += fill;
        sprintf(to, "\r\nContent-Length: %2u\r\n\r\n%s", (unsigned)sizeof TOPIC - 1, TOPIC);
    } else {
        to += sprintf(to, "\r\n%s", TOPIC);
        memset(to, ' ', len - (size_t)(to - text));
        text[len] = '\0';
    }
    CHECK_INT(strlen(text), len);
    read_all(text, NULL, 0);
    return tpost_reply_end(&reply);
}

static void test_the_longest_reply(void)
{
    int in_head;

    for (in_head = 0; in_head < 2; in_head++) {
        CHECK_INT(read_reply_of(TPOST_REPLY_MAX, in_head), TPOST_OK);
        CHECK_INT(read_reply_of(TPOST_REPLY_MAX + 1, in_head), TPOST_TOO_LONG);
    }
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", NULL, 0), TPOST_TOO_LONG);
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", NULL, 0), TPOST_TOO_LONG);
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", NULL, 0), TPOST_TOO_LONG);
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10001", NULL, 0), TPOST_TOO_LONG);
    CHECK_INT(read_all("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000001\r\n", NULL, 0), TPOST_TOO_LONG);
}

/* The reader is an ordinary struct: a second one does not disturb the first, and a used one can be used again. */
static void test_two_at_once(void)
{
    static tpost_reply other;
    const char *bytes = with_length(TOPIC);
    size_t i;

    tpost_reply_begin(&reply, NULL, 0);
    tpost_reply_begin(&other, token, sizeof token);
    for (i = 0; i < strlen(bytes); i++) {
        tpost_reply_feed(&reply, bytes + i, 1, NULL);
        tpost_reply_feed(&other, i < 9 ? bytes + i : "2", 1, NULL);
    }
    CHECK(reply.message_id == MESSAGE_ID);
    CHECK_INT(tpost_reply_end(&reply), TPOST_OK);
    CHECK_INT(tpost_reply_end(&other), TPOST_PARTIAL);
}

int main(void)
{
    test_a_token();
    test_a_message_id();
    test_in_pieces();
    test_a_refusal_of_the_platform();
    test_what_follows_is_not_used();
    test_the_peer_closes();
    test_a_refusal_is_for_good();
    test_the_tokens_buffer();
    test_the_longest_token();
    test_the_longest_reply();
    test_two_at_once();
    return check_end("test_reply");
}
