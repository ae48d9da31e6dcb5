/*
 * protocol.c: the two requests as they are written, and a reply to each, read in small pieces.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "bare.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)
#define HOST "iot-as-http.cn-shanghai.aliyuncs.com"
#define TOKEN "6944e5bfb92e4d4ea3918d1eda3942f6"
#define PIECE 7 /* bytes that come at once */

static void check_requests(bare_counts *counts)
{
    static const tpost_param params[] = {TEXT("productKey", "pk"), TEXT("deviceName", "device"),
                                         TEXT("clientId", "12345"), TEXT("timestamp", "789")};
    static const char auth[] = "POST /auth HTTP/1.1\r\nHost: " HOST "\r\n"
                               "Content-Type: application/json\r\nContent-Length: 172\r\n\r\n"
                               "{\"version\":\"default\",\"signmethod\":\"hmacsha1\","
                               "\"sign\":\"FAFD82A3D602B37FB0FA8B7892F24A477F851A14\",\"productKey\":\"pk\","
                               "\"deviceName\":\"device\",\"clientId\":\"12345\",\"timestamp\":\"789\"}";
    static const char topic[] = "POST /topic/pk/device/user/pub HTTP/1.1\r\nHost: " HOST "\r\n"
                                "Content-Type: application/octet-stream\r\nContent-Length: 131072\r\n"
                                "password: " TOKEN "\r\n\r\n";
    char sign[TPOST_SIGN_SIZE];
    char text[512];
    size_t len;
    tpost_status status;

    tpost_sign(&tpost_hmacsha1, "secret", 6, params, 4, sign, sizeof sign);
    status = tpost_auth_request(HOST, sizeof HOST - 1, &tpost_hmacsha1, params, 4, sign, text, sizeof text, &len);
    bare_check(counts, status == TPOST_OK && bare_equal(text, len, auth), "tpost_auth_request");
    status = tpost_topic_request(HOST, sizeof HOST - 1, "/pk/device/user/pub", 19, TOKEN, sizeof TOKEN - 1, 131072,
                                 text, sizeof text, &len);
    bare_check(counts, status == TPOST_OK && bare_equal(text, len, topic), "tpost_topic_request");
}

/* Feed the reply in pieces, until it is whole or refused. */
static tpost_status feed(tpost_reply *reply, const char *bytes, size_t len)
{
    tpost_status status = TPOST_PARTIAL;

    while (len > 0 && status == TPOST_PARTIAL) {
        size_t piece = len < PIECE ? len : PIECE;

        status = tpost_reply_feed(reply, bytes, piece, NULL);
        bytes += piece;
        len -= piece;
    }
    return status;
}

static void check_auth_reply(bare_counts *counts)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 82\r\n\r\n"
                               "{\"code\":0,\"message\":\"success\",\"info\":{\"token\":\"" TOKEN "\"}}";
    tpost_reply reply;
    char token[200];

    tpost_reply_begin(&reply, token, sizeof token);
    bare_check(counts, feed(&reply, text, sizeof text - 1) == TPOST_OK && reply.code == 0, "a reply to /auth");
    bare_check(counts, bare_equal(token, reply.token_len, TOKEN) && reply.reusable, "its token");
    tpost_reply_begin(&reply, token, sizeof token);
    bare_check(counts, feed(&reply, text, sizeof text - 2) == TPOST_PARTIAL, "a reply to /auth that is not whole");
    bare_check(counts, tpost_reply_end(&reply) != TPOST_OK, "a reply to /auth that was cut short");
}

static void check_topic_reply(bare_counts *counts)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "1B\r\n{\"code\":0,\"message\":\"succes\r\n"
                               "2B\r\ns\",\"info\":{\"messageId\":892687627916247040}}\r\n0\r\n\r\n";
    static const char refused[] = "HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n"
                                  "{\"code\":20001,\"message\":\"token is expired\"}";
    tpost_reply reply;
    char digits[TPOST_U64_SIZE];

    tpost_reply_begin(&reply, NULL, 0);
    bare_check(counts, feed(&reply, text, sizeof text - 1) == TPOST_OK && reply.code == 0, "a reply to /topic");
    bare_check(counts, bare_equal(digits, tpost_u64_text(reply.message_id, digits), "892687627916247040"), "its id");
    tpost_reply_begin(&reply, NULL, 0);
    bare_check(counts, feed(&reply, refused, sizeof refused - 1) == TPOST_OK && reply.code == 20001, "a refusal");
}

void bare_protocol(bare_counts *counts)
{
    check_requests(counts);
    check_auth_reply(counts);
    check_topic_reply(counts);
}
