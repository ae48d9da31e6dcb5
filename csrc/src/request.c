/*
 * request.c: the HTTP text that a device sends.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Sources: the platform's document "Establish connections over HTTP", RFC 9112 (HTTP/1.1), RFC 8259 (JSON).
 */
#include "internal.h"

#define TPOST_HOST_MAX 255

/* The two kinds of requests. A mark below that is for one of them, or both, has their bits. */
#define TPOST_AUTH 1u
#define TPOST_TOPIC 2u

/* What a request is written from, and where to */
typedef struct tpost_writer {
    const char *text[4]; /* in the order of the marks below; topic and token are of TPOST_TOPIC only */
    size_t text_len[4];
    char length[TPOST_U64_SIZE];
    unsigned kind;
    const tpost_method *method; /* this and the next three are of TPOST_AUTH only */
    const tpost_param *params;
    size_t n;
    const char *sign;
    char *out;
    size_t size;
    size_t len; /* also of what did not fit */
} tpost_writer;

/* In a template: one of the texts goes here, or what follows is for one kind of request only. */
#define TPOST_HOST_HERE "\1"
#define TPOST_LENGTH_HERE "\2"
#define TPOST_TOPIC_HERE "\3"
#define TPOST_TOKEN_HERE "\4"
#define TPOST_FOR_AUTH "\5"
#define TPOST_FOR_TOPIC "\6"
#define TPOST_FOR_BOTH "\7"

enum { TPOST_AT_HOST, TPOST_AT_LENGTH, TPOST_AT_TOPIC, TPOST_AT_TOKEN };

static const char tpost_head[] TPOST_FLASH =
    "POST /" TPOST_FOR_AUTH "auth" TPOST_FOR_TOPIC "topic" TPOST_TOPIC_HERE TPOST_FOR_BOTH " HTTP/1.1\r\n"
    "Host: " TPOST_HOST_HERE "\r\n"
    "Content-Type: application/" TPOST_FOR_AUTH "json" TPOST_FOR_TOPIC "octet-stream" TPOST_FOR_BOTH "\r\n"
    "Content-Length: " TPOST_LENGTH_HERE "\r\n" TPOST_FOR_TOPIC "password: " TPOST_TOKEN_HERE "\r\n" TPOST_FOR_BOTH
    "\r\n";

static void tpost_put(tpost_writer *writer, char c)
{
    if (writer->len < writer->size) {
        writer->out[writer->len] = c;
    }
    writer->len += writer->len != SIZE_MAX;
}

static void tpost_put_text(tpost_writer *writer, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        tpost_put(writer, text[i]);
    }
}

/* text is in flash, and ends with a NUL. */
static void tpost_put_template(tpost_writer *writer, const char *text)
{
    unsigned wanted = 1;

    for (; TPOST_FLASH_BYTE(text) != '\0'; text++) {
        unsigned c = (unsigned char)TPOST_FLASH_BYTE(text);

        if (c - 5 < 3) {
            wanted = c & writer->kind;
        } else if (wanted == 0) {
            continue;
        } else if (c < 5) {
            tpost_put_text(writer, writer->text[c - 1], writer->text_len[c - 1]);
        } else {
            tpost_put(writer, (char)c);
        }
    }
}

/* A JSON string (RFC 8259 7) */
static void tpost_put_string(tpost_writer *writer, const char *text, size_t len)
{
    static const char unicode[] TPOST_FLASH = "\\u00";
    size_t i;

    tpost_put(writer, '"');
    for (i = 0; i < len; i++) {
        unsigned byte = (unsigned char)text[i];

        if (byte < 0x20) {
            tpost_put_template(writer, unicode);
            tpost_put(writer, (char)('0' + (byte >> 4)));
            byte &= 15u;
            byte += byte < 10 ? '0' : 'A' - 10;
        } else if (byte == '"' || byte == '\\') {
            tpost_put(writer, '\\');
        }
        tpost_put(writer, (char)byte);
    }
    tpost_put(writer, '"');
}

static void tpost_put_body(tpost_writer *writer)
{
    static const char start[] TPOST_FLASH = "{\"version\":\"default\",\"signmethod\":\"hmac";
    static const char hashes[3][7] TPOST_FLASH = {"md5", "sha1", "sha256"};
    static const char last[] TPOST_FLASH = "\",\"sign\":";
    unsigned words = TPOST_WORDS(writer->method); /* the digest tells the hash */
    size_t i;

    tpost_put_template(writer, start);
    tpost_put_template(writer, hashes[words == 4 ? 0 : (words == 5 ? 1 : 2)]);
    tpost_put_template(writer, last);
    tpost_put_string(writer, writer->sign, 8u * words);
    for (i = 0; i < writer->n; i++) {
        const tpost_param *param = &writer->params[i];

        tpost_put(writer, ',');
        tpost_put_string(writer, param->name, param->name_len);
        tpost_put(writer, ':');
        tpost_put_string(writer, param->value, param->value_len);
    }
    tpost_put(writer, '}');
}

/* An empty output, which stays where anything is refused. Returns TPOST_OK or TPOST_BAD_HOST. */
static tpost_status tpost_begin(tpost_writer *writer, char *out, size_t out_size, size_t *out_len)
{
    writer->out = out;
    writer->size = 0;
    writer->len = 0;
    if (out_size > 0) {
        out[0] = '\0';
    }
    if (out_len != NULL) {
        *out_len = 0;
    }
    return tpost_is_text(writer->text[TPOST_AT_HOST], writer->text_len[TPOST_AT_HOST], TPOST_KIND_HOST, TPOST_HOST_MAX)
               ? TPOST_OK
               : TPOST_BAD_HOST;
}

/* Write the request, whose body has so many bytes: end it with a NUL, or empty the output where it does not fit. */
static tpost_status tpost_put_request(tpost_writer *writer, size_t out_size, size_t *out_len, uint64_t length)
{
    tpost_status status;
    size_t len;

    writer->text[TPOST_AT_LENGTH] = writer->length;
    writer->text_len[TPOST_AT_LENGTH] = tpost_u64_text(length, writer->length);
    writer->size = out_size;
    writer->len = 0;
    tpost_put_template(writer, tpost_head);
    if (writer->kind == TPOST_AUTH) {
        tpost_put_body(writer);
    }
    len = writer->len;
    status = len < out_size ? TPOST_OK : TPOST_OUTPUT_TOO_SMALL;
    if (out_len != NULL) {
        *out_len = len;
    }
    if (out_size > 0) {
        writer->out[status == TPOST_OK ? len : 0] = '\0';
    }
    return status;
}

tpost_status tpost_auth_request(const char *host, size_t host_len, const tpost_method *method,
                                const tpost_param *params, size_t n, const char *sign, char *out, size_t out_size,
                                size_t *out_len)
{
    tpost_writer writer;
    tpost_status status;

    writer.text[TPOST_AT_HOST] = host;
    writer.text_len[TPOST_AT_HOST] = host_len;
    writer.kind = TPOST_AUTH;
    writer.method = method;
    writer.params = params;
    writer.n = n;
    writer.sign = sign;
    status = tpost_begin(&writer, out, out_size, out_len);
    if (method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    if (status == TPOST_OK) {
        status = tpost_check_parameters(params, n);
    }
    if (status != TPOST_OK) {
        return status;
    }
    tpost_put_body(&writer); /* nowhere, to learn its length */
    return tpost_put_request(&writer, out_size, out_len, writer.len);
}

tpost_status tpost_topic_request(const char *host, size_t host_len, const char *topic, size_t topic_len,
                                 const char *token, size_t token_len, uint32_t payload_len, char *out, size_t out_size,
                                 size_t *out_len)
{
    tpost_writer writer;
    tpost_status status;

    writer.text[TPOST_AT_HOST] = host;
    writer.text_len[TPOST_AT_HOST] = host_len;
    writer.text[TPOST_AT_TOPIC] = topic;
    writer.text_len[TPOST_AT_TOPIC] = topic_len;
    writer.text[TPOST_AT_TOKEN] = token;
    writer.text_len[TPOST_AT_TOKEN] = token_len;
    writer.kind = TPOST_TOPIC;
    status = tpost_begin(&writer, out, out_size, out_len);
    if (status != TPOST_OK) {
        return status;
    }
    if (!tpost_is_topic(topic, topic_len)) {
        return TPOST_BAD_TOPIC;
    }
    if (!tpost_is_text(token, token_len, TPOST_KIND_TOKEN, TPOST_TOKEN_MAX)) {
        return TPOST_BAD_TOKEN;
    }
    if (payload_len > TPOST_PAYLOAD_MAX) {
        return TPOST_PAYLOAD_TOO_LARGE;
    }
    return tpost_put_request(&writer, out_size, out_len, payload_len);
}
