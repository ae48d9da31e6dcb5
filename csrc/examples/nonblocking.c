/*
 * nonblocking.c: see nonblocking.h.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "nonblocking.h"

/* The platform's codes (see the table in the project's documentation) */
enum { COMMON_ERROR = 10000, TOKEN_EXPIRED = 20001, TOKEN_INVALID = 20003 };

static size_t length_of(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0') {
        len++;
    }
    return len;
}

static enum outcome begin(struct device *device, int signs_in, const char *payload, size_t payload_len)
{
    device->signs_in = signs_in;
    device->payload = payload;
    device->payload_len = payload_len;
    device->sent = 0;
    device->is_sending = 1;
    return device->status == TPOST_OK ? OUTCOME_BUSY : OUTCOME_BAD_INPUT;
}

enum outcome device_sign_in(struct device *device, const tpost_param *params, size_t n)
{
    char sign[TPOST_SIGN_SIZE];

    device->token_len = 0;
    device->status = tpost_key_sign(device->key, params, n, sign, sizeof sign);
    if (device->status == TPOST_OK) {
        device->status = tpost_auth_request(device->host, length_of(device->host), device->method, params, n, sign,
                                            device->request, sizeof device->request, &device->request_len);
    }
    return begin(device, 1, NULL, 0);
}

enum outcome device_publish(struct device *device, const char *topic, size_t topic_len, const char *payload,
                            size_t payload_len)
{
    device->status = payload_len > TPOST_PAYLOAD_MAX
                         ? TPOST_PAYLOAD_TOO_LARGE
                         : tpost_topic_request(device->host, length_of(device->host), topic, topic_len, device->token,
                                               device->token_len, (uint32_t)payload_len, device->request,
                                               sizeof device->request, &device->request_len);
    return begin(device, 0, payload, payload_len);
}

/* It broke: what does that mean for what was under way? */
static enum outcome broken(const struct device *device)
{
    return device->sent == 0 || device->signs_in ? OUTCOME_NOT_SENT : OUTCOME_DELIVERY_UNKNOWN;
}

static enum outcome answered(struct device *device)
{
    tpost_reply *reply = &device->reply;

    if (device->status != TPOST_OK || (reply->code == COMMON_ERROR && !device->signs_in)) {
        return broken(device);
    }
    if (reply->code >= TOKEN_EXPIRED && reply->code <= TOKEN_INVALID && !device->signs_in) {
        return OUTCOME_SIGN_IN_ANEW;
    }
    if (device->signs_in) {
        device->token_len = reply->token_len;
    }
    return reply->code == 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}

static enum outcome send_more(struct device *device, const struct stream *connection)
{
    size_t all = device->request_len + device->payload_len;

    while (device->sent < all) {
        int in_head = device->sent < device->request_len;
        const char *next =
            in_head ? device->request + device->sent : device->payload + (device->sent - device->request_len);
        size_t left = (in_head ? device->request_len : all) - device->sent;
        int count = connection->send(connection->context, next, left);

        if (count == STREAM_NOT_NOW) {
            return OUTCOME_BUSY;
        }
        if (count < 0) {
            return broken(device);
        }
        device->sent += (size_t)count;
    }
    device->is_sending = 0;
    tpost_wipe(device->request, sizeof device->request); /* it may hold the token */
    tpost_reply_begin(&device->reply, device->signs_in ? device->token : NULL,
                      device->signs_in ? sizeof device->token : 0);
    return OUTCOME_BUSY;
}

static enum outcome receive_more(struct device *device, const struct stream *connection)
{
    size_t used = 0;
    int count;

    do {
        count = connection->receive(connection->context, device->request, sizeof device->request);
        if (count == STREAM_NOT_NOW) {
            return OUTCOME_BUSY;
        }
        if (count == STREAM_CLOSED) {
            device->status = tpost_reply_end(&device->reply);
            return answered(device);
        }
        if (count < 0) {
            return broken(device);
        }
        device->status = tpost_reply_feed(&device->reply, device->request, (size_t)count, &used);
    } while (device->status == TPOST_PARTIAL);
    if (used < (size_t)count) {
        device->reply.reusable = 0; /* more came than the reply */
    }
    return answered(device);
}

enum outcome device_poll(struct device *device, const struct stream *connection)
{
    enum outcome outcome = OUTCOME_BUSY;

    if (device->is_sending) {
        outcome = send_more(device, connection);
    }
    if (!device->is_sending && outcome == OUTCOME_BUSY) {
        outcome = receive_more(device, connection);
    }
    return outcome;
}
