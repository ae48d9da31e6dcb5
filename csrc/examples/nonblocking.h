/*
 * nonblocking.h: a device that never waits, for a main loop over lwIP, ESP-IDF or any socket that says "not now".
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#ifndef EXAMPLE_NONBLOCKING_H
#define EXAMPLE_NONBLOCKING_H

#include <thingpost.h>

/*
 * The TLS connection, which is yours: esp_tls_conn_write() and esp_tls_conn_read(), mbedtls_ssl_write() and mbedtls_ssl_read()
 * over lwIP. Both return how many bytes they took or gave, or one of these.
 */
enum { STREAM_NOT_NOW = -1, STREAM_CLOSED = -2, STREAM_BROKEN = -3 };

struct stream {
    void *context;
    int (*send)(void *context, const void *bytes, size_t len);
    int (*receive)(void *context, void *bytes, size_t size);
};

enum outcome {
    OUTCOME_BUSY = 0,         /* call device_poll() again when the socket is ready, or soon */
    OUTCOME_DONE,             /* signed in, or published: device.reply.message_id */
    OUTCOME_REFUSED,          /* the platform said no: device.reply.code, device.reply.retry_after */
    OUTCOME_SIGN_IN_ANEW,     /* the token is no longer good; the message was not published */
    OUTCOME_NOT_SENT,         /* the connection broke before the first byte: nothing has happened */
    OUTCOME_DELIVERY_UNKNOWN, /* it broke later, or the reply was none: the message may have arrived */
    OUTCOME_BAD_INPUT         /* device.status says what is wrong */
};

/* One device. It does one thing at a time. */
struct device {
    const char *host;
    const tpost_key *key;
    const tpost_method *method; /* what the key was made for */
    char token[200];
    size_t token_len;
    tpost_reply reply;
    tpost_status status;
    char request[512]; /* on its way, then the bytes that come back */
    size_t request_len;
    const char *payload; /* must live until the outcome is there */
    size_t payload_len;
    size_t sent; /* of both */
    int is_sending;
    int signs_in;
};

/* Begin to sign in. The parameters are those of tpost_auth_request(). */
enum outcome device_sign_in(struct device *device, const tpost_param *params, size_t n);

/* Begin to publish, over the same connection or a new one. */
enum outcome device_publish(struct device *device, const char *topic, size_t topic_len, const char *payload,
                            size_t payload_len);

/*
 * Go on, as far as the connection lets. Once the outcome is there: close the connection unless it is OUTCOME_DONE or
 * OUTCOME_REFUSED or OUTCOME_SIGN_IN_ANEW, and device.reply.reusable is 1. Time is yours to watch, too: give up after some
 * seconds, which is OUTCOME_DELIVERY_UNKNOWN.
 */
enum outcome device_poll(struct device *device, const struct stream *connection);

#endif
