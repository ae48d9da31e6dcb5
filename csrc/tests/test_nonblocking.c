/*
 * test_nonblocking.c: the example for sockets that do not wait, over a connection that takes and gives a few bytes at a time.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "check.h"

#include "../examples/nonblocking.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: "
#define SIGNED_IN HEAD "56\r\n\r\n{\"code\":0,\"info\":{\"token\":\"0123456789abcdef0123456789\"}}"
#define PUBLISHED HEAD "33\r\n\r\n{\"code\":0,\"info\":{\"messageId\":7}}"
#define TOPIC "/pk/dn/user/pub"

/* A peer that answers, once it has got a whole request, with a prepared reply. */
static struct {
    char got[1024];
    size_t got_len;
    const char *reply;
    size_t given;
    size_t step;      /* bytes taken or given in one call */
    size_t send_most; /* bytes that are taken before the connection breaks */
    int closes;       /* after the reply */
    int busy;         /* every other call says "not now" */
} peer;

static int not_now(void)
{
    peer.busy = !peer.busy;
    return peer.busy;
}

static int peer_send(void *context, const void *bytes, size_t len)
{
    (void)context;
    if (not_now()) {
        return STREAM_NOT_NOW;
    }
    if (peer.got_len >= peer.send_most) {
        return STREAM_BROKEN;
    }
    len = len < peer.step ? len : peer.step;
    memcpy(peer.got + peer.got_len, bytes, len);
    peer.got_len += len;
    return (int)len;
}

static int peer_receive(void *context, void *bytes, size_t size)
{
    size_t left = strlen(peer.reply) - peer.given;

    (void)context;
    if (not_now()) {
        return STREAM_NOT_NOW;
    }
    if (left == 0) {
        return peer.closes ? STREAM_CLOSED : STREAM_BROKEN;
    }
    size = size < peer.step ? size : peer.step;
    size = size < left ? size : left;
    memcpy(bytes, peer.reply + peer.given, size);
    peer.given += size;
    return (int)size;
}

static const struct stream connection = {NULL, peer_send, peer_receive};
static tpost_key key;
static struct device thing;

static enum outcome run(enum outcome begun, const char *reply, size_t step, size_t send_most, int closes)
{
    unsigned polls = 0;

    memset(&peer, 0, sizeof peer);
    peer.reply = reply;
    peer.step = step;
    peer.send_most = send_most;
    peer.closes = closes;
    while (begun == OUTCOME_BUSY && polls++ < 100000) {
        begun = device_poll(&thing, &connection);
    }
    return begun;
}

static enum outcome sign_in(const char *reply, size_t step)
{
    static const tpost_param params[] = {TPOST_PARAM("productKey", "pk", 2), TPOST_PARAM("deviceName", "dn", 2),
                                         TPOST_PARAM("clientId", "pk.dn", 5)};

    memset(&thing, 0, sizeof thing);
    thing.host = "host";
    thing.key = &key;
    thing.method = &tpost_hmacsha1;
    return run(device_sign_in(&thing, params, 3), reply, step, SIZE_MAX, 0);
}

static enum outcome publish(const char *reply, size_t step, size_t send_most, int closes)
{
    return run(device_publish(&thing, TOPIC, strlen(TOPIC), "hello", 5), reply, step, send_most, closes);
}

int main(void)
{
    size_t step;
    size_t send_most;

    CHECK_INT(tpost_key_init(&key, &tpost_hmacsha1, "secret", 6), TPOST_OK);
    for (step = 1; step < 300; step += step < 9 ? 1 : 97) {
        CHECK_INT(sign_in(SIGNED_IN, step), OUTCOME_DONE);
        CHECK_TEXT(thing.token, "0123456789abcdef0123456789");
        CHECK(strstr(peer.got, "POST /auth HTTP/1.1\r\nHost: host\r\n") == peer.got);
        CHECK_INT(publish(PUBLISHED, step, SIZE_MAX, 0), OUTCOME_DONE);
        CHECK(thing.reply.message_id == 7);
        CHECK(strstr(peer.got, "password: 0123456789abcdef0123456789\r\n\r\nhello") != NULL);
        CHECK_INT(thing.reply.reusable, 1);
    }
    CHECK_INT(publish(HEAD "14\r\n\r\n{\"code\":20001}", 5, SIZE_MAX, 0), OUTCOME_SIGN_IN_ANEW);
    CHECK_INT(publish(HEAD "14\r\n\r\n{\"code\":30001}", 5, SIZE_MAX, 0), OUTCOME_REFUSED);
    CHECK_INT(publish(HEAD "14\r\n\r\n{\"code\":10000}", 5, SIZE_MAX, 0), OUTCOME_DELIVERY_UNKNOWN);
    CHECK_INT(publish("HTTP/1.1 200 OK\r\n\r\n{\"code\":0,\"info\":{\"messageId\":8}}", 5, SIZE_MAX, 1), OUTCOME_DONE);
    CHECK(thing.reply.message_id == 8 && thing.reply.reusable == 0);
    CHECK_INT(publish(HEAD "33\r\n\r\n{\"code\":0", 5, SIZE_MAX, 1), OUTCOME_DELIVERY_UNKNOWN);
    CHECK_INT(publish(HEAD "33\r\n\r\n{\"code\":0", 5, SIZE_MAX, 0), OUTCOME_DELIVERY_UNKNOWN);
    CHECK_INT(publish(PUBLISHED PUBLISHED, 500, SIZE_MAX, 0), OUTCOME_DONE);
    CHECK_INT(thing.reply.reusable, 0);
    for (send_most = 0; send_most < 150; send_most += 20) {
        CHECK_INT(publish(PUBLISHED, 20, send_most, 0), send_most == 0 ? OUTCOME_NOT_SENT : OUTCOME_DELIVERY_UNKNOWN);
    }
    CHECK_INT(device_publish(&thing, "no topic", 8, "", 0), OUTCOME_BAD_INPUT);
    CHECK_INT(thing.status, TPOST_BAD_TOPIC);
    CHECK_INT(sign_in(HEAD "14\r\n\r\n{\"code\":20000}", 5), OUTCOME_REFUSED);
    CHECK_INT(thing.token_len, 0);
    CHECK_INT(publish(PUBLISHED, 5, SIZE_MAX, 0), OUTCOME_BAD_INPUT); /* without a token */
    return check_end("test_nonblocking");
}
