/*
 * request.c: the HTTP text that a device sends.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Sources: the platform's document "Establish connections over HTTP", RFC 9112 (HTTP/1.1), RFC 8259 (JSON), RFC 3629
 * (UTF-8). What cannot work, or could smuggle a further header or request, is refused before anything is written.
 */
#include "internal.h"

#define TPOST_NAME_MAX 64
#define TPOST_HOST_MAX 255
#define TPOST_TOPIC_MAX 128
#define TPOST_LEVELS_MAX 7
#define TPOST_TIMESTAMP_MAX 20

typedef struct tpost_span {
    const char *start;
    size_t len;
} tpost_span;

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

/* What a character may be a part of */
#define TPOST_IN_TIMESTAMP 1u
#define TPOST_IN_NAME 2u
#define TPOST_IN_TOPIC 4u
#define TPOST_IN_HOST 8u
#define TPOST_IN_TOKEN 16u /* a header's value: visible ASCII */

static unsigned tpost_classes(char character)
{
    unsigned c = (unsigned char)character;
    unsigned classes = c - 0x21u <= 0x7eu - 0x21u ? TPOST_IN_TOKEN : 0;

    if (c - '0' < 10) {
        return TPOST_IN_TIMESTAMP | TPOST_IN_NAME | TPOST_IN_TOPIC | TPOST_IN_HOST | TPOST_IN_TOKEN;
    }
    if ((c | 0x20u) - 'a' < 26 || c == '_' || c == '-' || c == '.' || c == ':') {
        return TPOST_IN_NAME | TPOST_IN_TOPIC | TPOST_IN_HOST | TPOST_IN_TOKEN;
    }
    if (c == '@' || c == '*') {
        classes |= TPOST_IN_NAME | TPOST_IN_TOPIC;
    }
    if (c == '$') {
        classes |= TPOST_IN_TOPIC;
    }
    if (c == '[' || c == ']') { /* around an IPv6 address */
        classes |= TPOST_IN_HOST;
    }
    return classes;
}

/* Has it 1 to most characters, all of this class? */
static int tpost_is_word(const char *text, size_t len, unsigned class_of, size_t most)
{
    size_t i;

    if (len - 1 >= most) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if ((tpost_classes(text[i]) & class_of) == 0) {
            return 0;
        }
    }
    return 1;
}

/* A name, or a topic's level: "." and ".." would be taken out of a path. */
static int tpost_is_level(const char *text, size_t len, unsigned class_of, size_t most)
{
    return tpost_is_word(text, len, class_of, most) && !(len <= 2 && text[0] == '.' && text[len - 1] == '.');
}

static int tpost_is_topic(const char *topic, size_t len)
{
    unsigned levels = 0;
    size_t start = 1;
    size_t i;

    if (len - 1 >= TPOST_TOPIC_MAX || topic[0] != '/') {
        return 0;
    }
    for (i = 1; i <= len; i++) {
        if (i == len || topic[i] == '/') {
            if (!tpost_is_level(topic + start, i - start, TPOST_IN_TOPIC, TPOST_TOPIC_MAX)) {
                return 0;
            }
            start = i + 1;
            levels++;
        }
    }
    return levels <= TPOST_LEVELS_MAX;
}

/* How many characters the text has, or SIZE_MAX where it is no UTF-8. */
static size_t tpost_characters(const char *text, size_t len)
{
    size_t count = 0;
    size_t i;
    unsigned more = 0; /* bytes of the character that are still to come */
    unsigned low = 0;  /* what the next one may be (RFC 3629 4) */
    unsigned high = 0;

    for (i = 0; i < len; i++) {
        unsigned byte = (unsigned char)text[i];

        if (more > 0) {
            if (byte < low || byte > high) {
                return SIZE_MAX;
            }
            more--;
            low = 0x80;
            high = 0xbf;
            continue;
        }
        count++;
        if (byte >= 0x80) {
            if (byte < 0xc2 || byte > 0xf4) {
                return SIZE_MAX;
            }
            more = 1u + (byte >= 0xe0) + (byte >= 0xf0);
            /* The shortest form only, no surrogate, nothing above U+10FFFF. */
            low = byte == 0xe0 ? 0xa0 : (byte == 0xf0 ? 0x90 : 0x80);
            high = byte == 0xed ? 0x9f : (byte == 0xf4 ? 0x8f : 0xbf);
        }
    }
    return more > 0 ? SIZE_MAX : count;
}

/* The names that mean something to the platform. The first three must be there; the last three are written by us. */
static const char tpost_names[7][11] TPOST_FLASH = {"productKey", "deviceName", "clientId", "timestamp",
                                                    "version",    "signmethod", "sign"};

enum { TPOST_CLIENT_ID = 2, TPOST_TIMESTAMP = 3, TPOST_OTHER = 7 };

/* Which of them it is, or TPOST_OTHER. */
static unsigned tpost_which(const tpost_param *param)
{
    unsigned which;

    for (which = 0; which < TPOST_OTHER; which++) {
        const char *name = tpost_names[which];
        size_t i = 0;

        while (i < param->name_len && param->name[i] != '\0' && param->name[i] == (char)TPOST_FLASH_BYTE(&name[i])) {
            i++;
        }
        if (i == param->name_len && TPOST_FLASH_BYTE(&name[i]) == 0) {
            break;
        }
    }
    return which;
}

static int tpost_is_parameter(const tpost_param *param, unsigned which)
{
    size_t characters = tpost_characters(param->value, param->value_len);

    if (which < TPOST_CLIENT_ID) {
        return tpost_is_level(param->value, param->value_len, TPOST_IN_NAME, TPOST_NAME_MAX);
    }
    if (which == TPOST_TIMESTAMP) {
        return tpost_is_word(param->value, param->value_len, TPOST_IN_TIMESTAMP, TPOST_TIMESTAMP_MAX);
    }
    if (which == TPOST_CLIENT_ID) {
        return characters - 1 < TPOST_NAME_MAX;
    }
    return which == TPOST_OTHER && characters != SIZE_MAX && tpost_characters(param->name, param->name_len) != SIZE_MAX;
}

static tpost_status tpost_check_parameters(const tpost_param *params, size_t n)
{
    tpost_status status = tpost_content(params, n, NULL, 0, NULL);
    unsigned found = 0;
    size_t i;

    if (status != TPOST_OUTPUT_TOO_SMALL) {
        return status; /* a name that is empty or repeated */
    }
    for (i = 0; i < n; i++) {
        unsigned which = tpost_which(&params[i]);

        if (!tpost_is_parameter(&params[i], which)) {
            return TPOST_BAD_PARAMETER;
        }
        found |= 1u << which;
    }
    return (found & 7u) == 7u ? TPOST_OK : TPOST_BAD_PARAMETER;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

typedef struct tpost_writer {
    char *out;
    size_t size;
    size_t len; /* also of what did not fit */
} tpost_writer;

static void tpost_put(tpost_writer *writer, char c)
{
    if (writer->len < writer->size) {
        writer->out[writer->len] = c;
    }
    if (writer->len < SIZE_MAX) {
        writer->len++;
    }
}

/* A text in flash, with a NUL at the end. Where it has a byte of 1, 2, ..., that one of the spans is written. */
static void tpost_put_template(tpost_writer *writer, const char *text, const tpost_span *spans)
{
    char c;

    for (; (c = (char)TPOST_FLASH_BYTE(text)) != '\0'; text++) {
        if ((unsigned char)c < 8) {
            const tpost_span *span = &spans[c - 1];
            size_t i;

            for (i = 0; i < span->len; i++) {
                tpost_put(writer, span->start[i]);
            }
        } else {
            tpost_put(writer, c);
        }
    }
}

/* A JSON string (RFC 8259 7) */
static void tpost_put_string(tpost_writer *writer, const char *text, size_t len)
{
    static const char unicode[] TPOST_FLASH = "\\u00\1";
    size_t i;

    tpost_put(writer, '"');
    for (i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)text[i];

        if (byte < 0x20) {
            char digits[3];
            tpost_span span;

            tpost_hex(&byte, 1, digits);
            span.start = digits;
            span.len = 2;
            tpost_put_template(writer, unicode, &span);
        } else {
            if (byte == '"' || byte == '\\') {
                tpost_put(writer, '\\');
            }
            tpost_put(writer, text[i]);
        }
    }
    tpost_put(writer, '"');
}

static void tpost_put_body(tpost_writer *writer, const tpost_method *method, const tpost_param *params, size_t n,
                           const char *sign)
{
    static const char start[] TPOST_FLASH = "{\"version\":\"default\",\"signmethod\":\"hmac";
    static const char hashes[3][7] TPOST_FLASH = {"md5", "sha1", "sha256"};
    static const char last[] TPOST_FLASH = "\",\"sign\":";
    unsigned words = method->words; /* the digest tells the hash */
    size_t i;

    tpost_put_template(writer, start, NULL);
    tpost_put_template(writer, hashes[words == 4 ? 0 : (words == 5 ? 1 : 2)], NULL);
    tpost_put_template(writer, last, NULL);
    tpost_put_string(writer, sign, 8u * words);
    for (i = 0; i < n; i++) {
        tpost_put(writer, ',');
        tpost_put_string(writer, params[i].name, params[i].name_len);
        tpost_put(writer, ':');
        tpost_put_string(writer, params[i].value, params[i].value_len);
    }
    tpost_put(writer, '}');
}

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

/* The spans of a request's beginning: the first three are in both. */
enum { TPOST_HOST, TPOST_LENGTH, TPOST_TOPIC, TPOST_TOKEN, TPOST_SPANS };

/* An empty output, which stays where anything is refused. Returns TPOST_OK or TPOST_BAD_HOST. */
static tpost_status tpost_begin(tpost_writer *writer, size_t *out_len, const tpost_span *host)
{
    writer->len = 0;
    if (writer->size > 0) {
        writer->out[0] = '\0';
    }
    if (out_len != NULL) {
        *out_len = 0;
    }
    return tpost_is_word(host->start, host->len, TPOST_IN_HOST, TPOST_HOST_MAX) ? TPOST_OK : TPOST_BAD_HOST;
}

static void tpost_put_head(tpost_writer *writer, const char *head, tpost_span *spans, uint64_t length)
{
    char digits[TPOST_U64_SIZE];

    spans[TPOST_LENGTH].start = digits;
    spans[TPOST_LENGTH].len = tpost_u64_text(length, digits);
    tpost_put_template(writer, head, spans);
}

/* The request is written: end it with a NUL, or empty the output where it does not fit. */
static tpost_status tpost_end(const tpost_writer *writer, size_t *out_len)
{
    size_t len = writer->len;

    if (out_len != NULL) {
        *out_len = len;
    }
    if (len < writer->size) {
        writer->out[len] = '\0';
        return TPOST_OK;
    }
    if (writer->size > 0) {
        writer->out[0] = '\0';
    }
    return TPOST_OUTPUT_TOO_SMALL;
}

tpost_status tpost_auth_request(const char *host, size_t host_len, const tpost_method *method,
                                const tpost_param *params, size_t n, const char *sign, char *out, size_t out_size,
                                size_t *out_len)
{
    static const char head[] TPOST_FLASH = "POST /auth HTTP/1.1\r\nHost: \1\r\nContent-Type: application/json\r\n"
                                           "Content-Length: \2\r\n\r\n";
    tpost_writer body;
    tpost_writer writer;
    tpost_span spans[TPOST_SPANS];
    tpost_status status;

    writer.out = out;
    writer.size = out_size;
    spans[TPOST_HOST].start = host;
    spans[TPOST_HOST].len = host_len;
    status = tpost_begin(&writer, out_len, &spans[TPOST_HOST]);
    if (method == NULL) {
        return TPOST_KEY_NOT_READY;
    }
    if (status == TPOST_OK) {
        status = tpost_check_parameters(params, n);
    }
    if (status != TPOST_OK) {
        return status;
    }
    body.size = 0; /* nowhere, to learn its length */
    body.len = 0;
    tpost_put_body(&body, method, params, n, sign);
    tpost_put_head(&writer, head, spans, body.len);
    tpost_put_body(&writer, method, params, n, sign);
    return tpost_end(&writer, out_len);
}

tpost_status tpost_topic_request(const char *host, size_t host_len, const char *topic, size_t topic_len,
                                 const char *token, size_t token_len, uint32_t payload_len, char *out, size_t out_size,
                                 size_t *out_len)
{
    static const char head[] TPOST_FLASH = "POST /topic\3 HTTP/1.1\r\nHost: \1\r\n"
                                           "Content-Type: application/octet-stream\r\nContent-Length: \2\r\n"
                                           "password: \4\r\n\r\n";
    tpost_writer writer;
    tpost_span spans[TPOST_SPANS];
    tpost_status status;

    writer.out = out;
    writer.size = out_size;
    spans[TPOST_HOST].start = host;
    spans[TPOST_HOST].len = host_len;
    spans[TPOST_TOPIC].start = topic;
    spans[TPOST_TOPIC].len = topic_len;
    spans[TPOST_TOKEN].start = token;
    spans[TPOST_TOKEN].len = token_len;
    status = tpost_begin(&writer, out_len, &spans[TPOST_HOST]);
    if (status != TPOST_OK) {
        return status;
    }
    if (!tpost_is_topic(topic, topic_len)) {
        return TPOST_BAD_TOPIC;
    }
    if (!tpost_is_word(token, token_len, TPOST_IN_TOKEN, TPOST_TOKEN_MAX)) {
        return TPOST_BAD_TOKEN;
    }
    if (payload_len > TPOST_PAYLOAD_MAX) {
        return TPOST_PAYLOAD_TOO_LARGE;
    }
    tpost_put_head(&writer, head, spans, payload_len);
    return tpost_end(&writer, out_len);
}
