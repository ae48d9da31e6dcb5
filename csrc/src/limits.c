/*
 * limits.c: what a device may be called, and what may stand in its requests.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Source: the platform's document "Establish connections over HTTP". What cannot work, or could smuggle a further header or
 * request, is refused before anything is written.
 */
#include "internal.h"

#define TPOST_NAME_MAX 64
#define TPOST_TOPIC_MAX 128
#define TPOST_LEVELS_MAX 7
#define TPOST_TIMESTAMP_MAX 20

int tpost_is_allowed(unsigned c, unsigned kinds)
{
    /* Each mark is followed by the kinds of text that may have it. */
    static const char marks[] TPOST_FLASH = {'-', TPOST_KIND_NAME | TPOST_KIND_TOPIC | TPOST_KIND_HOST,
                                             '_', TPOST_KIND_NAME | TPOST_KIND_TOPIC | TPOST_KIND_HOST,
                                             '.', TPOST_KIND_NAME | TPOST_KIND_TOPIC | TPOST_KIND_HOST,
                                             ':', TPOST_KIND_NAME | TPOST_KIND_TOPIC | TPOST_KIND_HOST,
                                             '@', TPOST_KIND_NAME | TPOST_KIND_TOPIC,
                                             '*', TPOST_KIND_NAME | TPOST_KIND_TOPIC,
                                             '$', TPOST_KIND_TOPIC,
                                             '[', TPOST_KIND_HOST, /* around an IPv6 address */
                                             ']', TPOST_KIND_HOST};
    unsigned i;

    if (c - '0' < 10) {
        return 1;
    }
    if (kinds == TPOST_KIND_TOKEN) {
        return c - 0x21 < 0x7f - 0x21;
    }
    for (i = 0; i < sizeof marks; i += 2) {
        if (c == (unsigned)TPOST_FLASH_BYTE(&marks[i])) {
            return (TPOST_FLASH_BYTE(&marks[i + 1]) & (int)kinds) != 0;
        }
    }
    return kinds != TPOST_KIND_TIMESTAMP && (c | 0x20u) - 'a' < 26;
}

int tpost_is_text(const char *text, size_t len, unsigned kind, size_t most)
{
    size_t i;

    if (len - 1 >= most) {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (!tpost_is_allowed((unsigned char)text[i], kind)) {
            return 0;
        }
    }
    /* A name, or a topic's level: "." and ".." would be taken out of a path. */
    return !(len <= 2 && text[0] == '.' && text[len - 1] == '.');
}

int tpost_is_topic(const char *topic, size_t len)
{
    unsigned levels = 0;
    size_t start = 1;
    size_t i;

    if (len - 1 >= TPOST_TOPIC_MAX || topic[0] != '/') {
        return 0;
    }
    for (i = 1; i <= len; i++) {
        if (i == len || topic[i] == '/') {
            if (!tpost_is_text(topic + start, i - start, TPOST_KIND_TOPIC, TPOST_TOPIC_MAX)) {
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
    tpost_utf8 utf8;
    size_t count = 0;
    size_t i;

    utf8.more = 0;
    utf8.low = 0;
    utf8.high = 0;
    for (i = 0; i < len; i++) {
        if (!tpost_utf8_step(&utf8, (unsigned char)text[i])) {
            return SIZE_MAX;
        }
        count += utf8.more == 0;
    }
    return utf8.more == 0 ? count : SIZE_MAX;
}

static int tpost_is_parameter(const tpost_param *param, uint32_t word)
{
    size_t characters = tpost_characters(param->value, param->value_len);

    if ((word & (TPOST_WORD_PRODUCT_KEY | TPOST_WORD_DEVICE_NAME)) != 0) {
        return tpost_is_text(param->value, param->value_len, TPOST_KIND_NAME, TPOST_NAME_MAX);
    }
    if (word == TPOST_WORD_TIMESTAMP) {
        return tpost_is_text(param->value, param->value_len, TPOST_KIND_TIMESTAMP, TPOST_TIMESTAMP_MAX);
    }
    if (word == TPOST_WORD_CLIENT_ID) {
        return characters - 1 < TPOST_NAME_MAX;
    }
    return characters != SIZE_MAX && tpost_characters(param->name, param->name_len) != SIZE_MAX;
}

static tpost_status tpost_check_names(const tpost_param *params, size_t n)
{
    tpost_status status = TPOST_OK;
    size_t i;
    size_t j;

    for (i = 0; i < n; i++) {
        if (params[i].name_len == 0) {
            return TPOST_EMPTY_NAME;
        }
        for (j = 0; j < i; j++) {
            if (tpost_name_compare(&params[i], &params[j]) == 0) {
                status = TPOST_REPEATED_NAME; /* unless an empty one follows */
            }
        }
    }
    return status;
}

tpost_status tpost_check_parameters(const tpost_param *params, size_t n)
{
    tpost_status status = tpost_check_names(params, n);
    uint32_t needed = TPOST_WORD_PRODUCT_KEY | TPOST_WORD_DEVICE_NAME | TPOST_WORD_CLIENT_ID;
    size_t i;

    for (i = 0; i < n && status == TPOST_OK; i++) {
        const tpost_param *param = &params[i];
        uint32_t word = UINT32_MAX;
        size_t j;

        for (j = 0; j < param->name_len; j++) {
            word = tpost_word_step(word, j, (unsigned char)param->name[j]);
        }
        word = tpost_word_step(word, j, 0);
        if ((word & TPOST_WORDS_UNSIGNED) != 0 || !tpost_is_parameter(param, word)) {
            status = TPOST_BAD_PARAMETER;
        }
        needed &= ~word;
    }
    return status == TPOST_OK && needed != 0 ? TPOST_BAD_PARAMETER : status;
}
