/*
 * posix_mbedtls.c: a whole device on POSIX and Mbed TLS: signs in, publishes each line of its standard input, signs in anew when
 * the platform wants a newer token. What is about the platform comes from thingpost.h, all else is a TLS socket.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * build: cc posix_mbedtls.c -I<csrc>/include libthingpost.a -lmbedtls -lmbedx509 -lmbedcrypto -o device
 * usage: THINGPOST_DEVICE_SECRET=... ./device HOST PORT CA_FILE PRODUCT_KEY DEVICE_NAME TOPIC
 * Exit code: 0 all lines were taken; 1 refused, or no connection; 76 it is not known whether the last line arrived; 77 not signed in.
 */
#include <thingpost.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DONE = 0, FAILED = 1, DELIVERY_UNKNOWN = 76, NOT_SIGNED_IN = 77 };
enum {
    TOKEN_EXPIRED = 20001,
    TOKEN_MISSING = 20002,
    TOKEN_INVALID = 20003
}; /* the platform's codes for "sign in anew" */
enum { COMMON_ERROR = 10000 }; /* the platform failed: what became of the message is not known */
enum { READ_TIMEOUT = 30000 }; /* milliseconds for each read */
enum { IDLE_MOST = 30 };       /* seconds; something on the way may have dropped an older connection silently */

struct device {
    const char *host, *port, *product_key, *device_name, *topic;
    char host_header[300]; /* with the port, where that is not 443 */
    char token[TPOST_TOKEN_MAX + 1];
    mbedtls_net_context socket;
    mbedtls_ssl_context tls;
    mbedtls_ssl_config config;
    mbedtls_x509_crt authorities;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    int connected;
    time_t used_at; /* when the connection was used last, on the monotonic clock */
};

static int complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return -1;
}

static int complain_tls(const char *what, int error)
{
    char text[128];

    mbedtls_strerror(error, text, sizeof text);
    return complain("%s: %s", what, text);
}

/* ---- A TLS connection -------------------------------------------------------------------------------------------- */

static int tls_setup(struct device *device, const char *ca_file)
{
    int error;

    mbedtls_net_init(&device->socket);
    mbedtls_ssl_init(&device->tls);
    mbedtls_ssl_config_init(&device->config);
    mbedtls_x509_crt_init(&device->authorities);
    mbedtls_entropy_init(&device->entropy);
    mbedtls_ctr_drbg_init(&device->random);
    error = mbedtls_ctr_drbg_seed(&device->random, mbedtls_entropy_func, &device->entropy, NULL, 0);
    if (error == 0) {
        error = mbedtls_x509_crt_parse_file(&device->authorities, ca_file);
    }
    if (error == 0) {
        error = mbedtls_ssl_config_defaults(&device->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                            MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (error != 0) {
        return complain_tls(ca_file, error);
    }
    mbedtls_ssl_conf_ca_chain(&device->config, &device->authorities, NULL);
    mbedtls_ssl_conf_authmode(&device->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_rng(&device->config, mbedtls_ctr_drbg_random, &device->random);
    mbedtls_ssl_conf_read_timeout(&device->config, READ_TIMEOUT);
    error = mbedtls_ssl_setup(&device->tls, &device->config);
    if (error == 0) {
        error = mbedtls_ssl_set_hostname(&device->tls, device->host); /* checked against the certificate */
    }
    return error == 0 ? 0 : complain_tls("TLS", error);
}

static void tls_close(struct device *device)
{
    if (device->connected) {
        mbedtls_ssl_close_notify(&device->tls);
    }
    mbedtls_net_free(&device->socket);
    mbedtls_ssl_session_reset(&device->tls);
    device->connected = 0;
}

static void tls_teardown(struct device *device)
{
    tls_close(device);
    mbedtls_ssl_free(&device->tls);
    mbedtls_ssl_config_free(&device->config);
    mbedtls_x509_crt_free(&device->authorities);
    mbedtls_ctr_drbg_free(&device->random);
    mbedtls_entropy_free(&device->entropy);
}

static time_t monotonic_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Connect, unless there is a connection that was used a moment ago. */
static int tls_open(struct device *device)
{
    int error;

    if (device->connected && monotonic_seconds() - device->used_at < IDLE_MOST) {
        return 0;
    }
    tls_close(device);
    error = mbedtls_net_connect(&device->socket, device->host, device->port, MBEDTLS_NET_PROTO_TCP);
    if (error == 0) {
        mbedtls_ssl_set_bio(&device->tls, &device->socket, mbedtls_net_send, NULL, mbedtls_net_recv_timeout);
        do {
            error = mbedtls_ssl_handshake(&device->tls);
        } while (error == MBEDTLS_ERR_SSL_WANT_READ || error == MBEDTLS_ERR_SSL_WANT_WRITE);
    }
    if (error != 0) {
        complain_tls("connecting", error);
        tls_close(device);
        return -1;
    }
    device->connected = 1;
    return 0;
}

static int tls_send(struct device *device, const char *bytes, size_t len)
{
    while (len > 0) {
        int sent = mbedtls_ssl_write(&device->tls, (const unsigned char *)bytes, len);

        if (sent <= 0) {
            return complain_tls("sending", sent);
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return 0;
}

/* ---- Requests and replies ---------------------------------------------------------------------------------------- */

static tpost_status read_reply(struct device *device, tpost_reply *reply)
{
    tpost_status status = TPOST_PARTIAL;

    while (status == TPOST_PARTIAL) {
        unsigned char bytes[512];
        int received = mbedtls_ssl_read(&device->tls, bytes, sizeof bytes);

        if (received > 0) {
            size_t used;

            status = tpost_reply_feed(reply, bytes, (size_t)received, &used);
            if (used < (size_t)received) {
                reply->reusable = 0; /* more than one reply came */
            }
        } else if (received == 0 || received == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            return tpost_reply_end(reply);
        } else {
            complain_tls("reading", received);
            return TPOST_PARTIAL; /* cut short; a reply without a length must not be taken for whole */
        }
    }
    return status;
}

/* Send a request over the open connection and read the reply. */
static tpost_status exchange(struct device *device, const char *head, size_t head_len, const char *payload, size_t len,
                             tpost_reply *reply)
{
    tpost_status status = TPOST_PARTIAL;

    if (tls_send(device, head, head_len) == 0 && tls_send(device, payload, len) == 0) {
        status = read_reply(device, reply);
    }
    device->used_at = monotonic_seconds();
    if (status != TPOST_OK || !reply->reusable) {
        tls_close(device);
    }
    return status;
}

static int sign_in(struct device *device)
{
    const char *secret = getenv("THINGPOST_DEVICE_SECRET");
    char client_id[2 * 64 + 2], timestamp[TPOST_U64_SIZE], sign[TPOST_SIGN_SIZE], request[1024];
    struct timespec now;
    size_t len;
    tpost_reply reply;
    tpost_status status;

    snprintf(client_id, sizeof client_id, "%.31s.%.32s", device->product_key, device->device_name);
    clock_gettime(CLOCK_REALTIME, &now);
    tpost_u64_text((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, timestamp);
    {
        const tpost_param params[] = {
            TPOST_PARAM("productKey", device->product_key, strlen(device->product_key)),
            TPOST_PARAM("deviceName", device->device_name, strlen(device->device_name)),
            TPOST_PARAM("clientId", client_id, strlen(client_id)),
            TPOST_PARAM("timestamp", timestamp, strlen(timestamp)),
        };

        status = tpost_sign(&tpost_hmacsha256, secret, strlen(secret), params, 4, sign, sizeof sign);
        if (status == TPOST_OK) {
            status = tpost_auth_request(device->host_header, strlen(device->host_header), &tpost_hmacsha256, params, 4,
                                        sign, request, sizeof request, &len);
        }
    }
    if (status != TPOST_OK) {
        return complain("this device cannot sign in: status %d (thingpost.h says what it means)", (int)status);
    }
    if (tls_open(device) != 0) {
        return -1;
    }
    tpost_reply_begin(&reply, device->token, sizeof device->token);
    status = exchange(device, request, len, "", 0, &reply);
    if (status != TPOST_OK || reply.code != 0) {
        return complain("not signed in: status %d, HTTP %u, code %ld", (int)status, reply.status, (long)reply.code);
    }
    printf("signed in\n");
    return 0;
}

static int wants_newer_token(const tpost_reply *reply)
{
    return reply->code == TOKEN_EXPIRED || reply->code == TOKEN_MISSING || reply->code == TOKEN_INVALID;
}

static int publish_once(struct device *device, const char *payload, size_t len, tpost_reply *reply)
{
    char head[2048];
    size_t head_len;
    tpost_status status =
        tpost_topic_request(device->host_header, strlen(device->host_header), device->topic, strlen(device->topic),
                            device->token, strlen(device->token), (uint32_t)len, head, sizeof head, &head_len);

    if (status != TPOST_OK) {
        complain("this message cannot be published: status %d", (int)status);
        return FAILED;
    }
    if (tls_open(device) != 0) {
        return FAILED; /* nothing was sent */
    }
    tpost_reply_begin(reply, NULL, 0);
    status = exchange(device, head, head_len, payload, len, reply);
    tpost_wipe(head, sizeof head); /* it holds the token */
    if (status != TPOST_OK || reply->code == COMMON_ERROR) {
        complain("it is not known whether the message arrived: status %d, HTTP %u, code %ld", (int)status,
                 reply->status, (long)reply->code);
        return DELIVERY_UNKNOWN; /* to send it again may mean to send it twice: yours to decide */
    }
    return DONE;
}

static int publish(struct device *device, const char *payload, size_t len)
{
    char id[TPOST_U64_SIZE];
    tpost_reply reply;
    int result = publish_once(device, payload, len, &reply);

    if (result == DONE && wants_newer_token(&reply)) { /* it was not published */
        if (sign_in(device) != 0) {
            return NOT_SIGNED_IN;
        }
        result = publish_once(device, payload, len, &reply);
    }
    if (result != DONE) {
        return result;
    }
    if (reply.code != 0) {
        complain("refused: code %ld", (long)reply.code);
        return FAILED;
    }
    tpost_u64_text(reply.message_id, id);
    printf("published as message %s\n", id);
    return DONE;
}

/* ---- The program ------------------------------------------------------------------------------------------------- */

static int publish_lines(struct device *device)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int result = sign_in(device) == 0 ? DONE : NOT_SIGNED_IN;

    while (result == DONE && (len = getline(&line, &size, stdin)) > 0) {
        if (line[len - 1] == '\n') {
            len--;
        }
        result = publish(device, line, (size_t)len);
    }
    free(line);
    return result;
}

int main(int argc, char **argv)
{
    static struct device device;
    int result = FAILED;

    if (argc != 7 || getenv("THINGPOST_DEVICE_SECRET") == NULL) {
        complain("usage: THINGPOST_DEVICE_SECRET=... %s HOST PORT CA_FILE PRODUCT_KEY DEVICE_NAME TOPIC", argv[0]);
        return FAILED;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a broken connection is an error of its call */
    device.host = argv[1];
    device.port = argv[2];
    device.product_key = argv[4];
    device.device_name = argv[5];
    device.topic = argv[6];
    snprintf(device.host_header, sizeof device.host_header, strcmp(device.port, "443") == 0 ? "%s" : "%s:%s",
             device.host, device.port);
    if (tls_setup(&device, argv[3]) == 0) {
        result = publish_lines(&device);
    }
    tls_teardown(&device);
    tpost_wipe(device.token, sizeof device.token);
    return result;
}
