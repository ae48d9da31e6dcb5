/*
 * reply.c: the platform's reply, read from its bytes as they come: status line, headers, framing. Its body goes to
 * reply_json.c.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Source: RFC 9112 (HTTP/1.1). Each state is a function that takes one byte of a line; the carriage return before a line feed
 * is taken out before them. All lines of the head are read as a name (HTTP/1.1, Content-Length, ...) and a value, which may be a
 * number or a word.
 */
#include "internal.h"

#define TPOST_UNTIL_CLOSE UINT32_MAX

static tpost_status tpost_head_name(tpost_reply *reply, unsigned c);
static tpost_status tpost_chunk_size(tpost_reply *reply, unsigned c);

/* A state begins: nothing has been read of its text or number. */
static tpost_status tpost_next(tpost_reply *reply, tpost_reply_state *state)
{
    reply->line = state;
    reply->position = 0;
    reply->part = 0;
    tpost_no_digits(reply);
    return TPOST_PARTIAL;
}

void tpost_word_byte(tpost_reply *reply, unsigned c)
{
    reply->words = tpost_word_step(reply->words, reply->position, c);
    reply->position++;
}

uint32_t tpost_word_end(const tpost_reply *reply)
{
    return tpost_word_step(reply->words, reply->position, 0);
}

/* ---- Numbers: 16 bits in each limb, so that no helper of the compiler's has to multiply 64 ------------------------ */

void tpost_no_digits(tpost_reply *reply)
{
    reply->number[0] = 0;
    reply->number[1] = 0;
    reply->number[2] = 0;
    reply->number[3] = 0;
    reply->overflow = 0;
}

void tpost_add_digit(tpost_reply *reply, unsigned base, unsigned digit)
{
    uint32_t carry = digit;
    unsigned i;

    for (i = 0; i < 4; i++) {
        carry += (uint32_t)reply->number[i] * base;
        reply->number[i] = (uint16_t)carry;
        carry >>= 16;
    }
    if (carry != 0) {
        reply->overflow = 1;
    }
}

uint32_t tpost_number32(const tpost_reply *reply)
{
    if ((reply->number[2] | reply->number[3]) != 0) {
        return UINT32_MAX;
    }
    return (uint32_t)reply->number[1] << 16 | reply->number[0];
}

unsigned tpost_digit(unsigned c)
{
    unsigned letter = (c | 0x20u) - 'a';

    if (c - '0' < 10) {
        return c - '0';
    }
    return letter < 6 ? letter + 10 : 16;
}

/* ---- The end ----------------------------------------------------------------------------------------------------- */

/* The body is whole. */
static tpost_status tpost_finish(const tpost_reply *reply)
{
    uint32_t needed = TPOST_WORD_CODE;

    if (reply->code == 0) {
        needed |= reply->token != NULL ? TPOST_WORD_TOKEN : TPOST_WORD_MESSAGE_ID;
    }
    if (!tpost_json_is_whole(reply) || (needed & ~reply->got) != 0 || (reply->code == 0 && reply->status != 200)) {
        return TPOST_MALFORMED;
    }
    return TPOST_OK;
}

/* ---- Chunks ------------------------------------------------------------------------------------------------------ */

/* Where in the line of a chunk's size we are */
enum { TPOST_NO_SIZE, TPOST_SIZE, TPOST_EXTENSION };

/* Nothing that the JSON reader needs may change here: a number, say, may go on in the next chunk. */
static tpost_status tpost_chunk_begin(tpost_reply *reply)
{
    reply->length = 0;
    reply->chunk = TPOST_NO_SIZE;
    reply->line = tpost_chunk_size;
    return TPOST_PARTIAL;
}

/* The line's end behind a chunk */
static tpost_status tpost_chunk_end(tpost_reply *reply, unsigned c)
{
    return c == '\n' ? tpost_chunk_begin(reply) : TPOST_MALFORMED;
}

/* The size, and what may stand behind it, which has no meaning to us */
static tpost_status tpost_chunk_size(tpost_reply *reply, unsigned c)
{
    unsigned digit = tpost_digit(c);

    if (digit < 16 && reply->chunk != TPOST_EXTENSION) {
        reply->length = reply->length << 4 | digit;
        reply->chunk = TPOST_SIZE;
        return reply->length > TPOST_REPLY_MAX ? TPOST_TOO_LONG : TPOST_PARTIAL;
    }
    if (reply->chunk == TPOST_NO_SIZE) {
        return TPOST_MALFORMED;
    }
    if (c == '\n') {
        reply->left = reply->length;
        reply->line = tpost_chunk_end;
        return reply->left > 0 ? TPOST_PARTIAL : tpost_next(reply, tpost_head_name);
    }
    if (reply->chunk == TPOST_SIZE && c != ';' && c != ' ') {
        return TPOST_MALFORMED;
    }
    reply->chunk = TPOST_EXTENSION;
    return TPOST_PARTIAL;
}

/* ---- The head ---------------------------------------------------------------------------------------------------- */

/* An empty line: the head has ended, or the trailer behind the last chunk. */
static tpost_status tpost_head_end(tpost_reply *reply)
{
    uint32_t framing = reply->seen & (TPOST_WORD_CONTENT_LENGTH | TPOST_WORD_TRANSFER_ENCODING);

    if (reply->in_body) {
        return tpost_finish(reply);
    }
    reply->in_body = 1;
    if (framing == TPOST_WORD_TRANSFER_ENCODING) {
        return tpost_chunk_begin(reply);
    }
    if (framing == TPOST_WORD_CONTENT_LENGTH) {
        reply->left = reply->length;
        return reply->left > 0 ? TPOST_PARTIAL : TPOST_MALFORMED;
    }
    reply->left = TPOST_UNTIL_CLOSE;
    reply->reusable = 0;
    return framing == 0 ? TPOST_PARTIAL : TPOST_MALFORMED; /* not both (RFC 9112 6.1) */
}

static tpost_status tpost_take_status(tpost_reply *reply, uint32_t number)
{
    reply->status = number < 1000 ? (uint16_t)number : 0;
    reply->reusable = reply->member == TPOST_WORD_HTTP_1_1;
    /* An interim reply was not asked for; a redirect is not followed; 204 has no body. */
    if (number < 200 || number >= 600 || number - 300 < 100 || number == 204) {
        return TPOST_MALFORMED;
    }
    return TPOST_PARTIAL;
}

static tpost_status tpost_take_length(tpost_reply *reply, uint32_t number)
{
    if (number > TPOST_REPLY_MAX) {
        return TPOST_TOO_LONG;
    }
    if ((reply->seen & TPOST_WORD_CONTENT_LENGTH) != 0 && number != reply->length) {
        return TPOST_MALFORMED;
    }
    reply->length = number;
    return TPOST_PARTIAL;
}

/* A line of the head has ended: the status line, or a header. */
static tpost_status tpost_head_line(tpost_reply *reply)
{
    uint32_t name = reply->member;
    uint32_t value = tpost_word_end(reply);
    int is_number = !reply->overflow;
    uint32_t number = is_number ? tpost_number32(reply) : UINT32_MAX;
    tpost_status status = TPOST_PARTIAL;

    (void)tpost_next(reply, tpost_head_name);
    if (reply->status == 0) {
        return tpost_take_status(reply, number);
    }
    if (name == TPOST_WORD_CONTENT_LENGTH) {
        status = tpost_take_length(reply, number);
    } else if (name == TPOST_WORD_TRANSFER_ENCODING && value != TPOST_WORD_CHUNKED) {
        status = TPOST_MALFORMED;
    } else if (name == TPOST_WORD_CONNECTION && value == TPOST_WORD_CLOSE) {
        reply->reusable = 0;
    } else if (name == TPOST_WORD_RETRY_AFTER) {
        reply->retry_after = is_number ? number : 0; /* it may be a date */
    }
    reply->seen |= name;
    return status;
}

/* Something follows behind a value and a blank: the status line's reason, which has no meaning (RFC 9112 4), or more words. */
static tpost_status tpost_more_words(tpost_reply *reply)
{
    reply->words = 0;
    reply->overflow = reply->status != 0;
    return reply->member == TPOST_WORD_CONTENT_LENGTH ? TPOST_MALFORMED : TPOST_PARTIAL;
}

/* The value of a header may be one of our words, or a number. */
static tpost_status tpost_head_value(tpost_reply *reply, unsigned c)
{
    unsigned digit = c - '0';

    if (c == '\n') {
        return tpost_head_line(reply);
    }
    if (c == ' ' || c == '\t') { /* they do not count before and behind a value */
        reply->part = reply->position > 0;
        return TPOST_PARTIAL;
    }
    if (c < 0x20) {
        return TPOST_MALFORMED;
    }
    if (reply->part != 0) {
        return tpost_more_words(reply);
    }
    tpost_word_byte(reply, c | 0x20u);
    if (digit < 10) {
        tpost_add_digit(reply, 10, digit);
        return TPOST_PARTIAL;
    }
    reply->overflow = 1;
    return reply->status == 0 || reply->member == TPOST_WORD_CONTENT_LENGTH ? TPOST_MALFORMED : TPOST_PARTIAL;
}

/* The name has ended: which word it is stands in `member`. */
static TPOST_NOINLINE tpost_status tpost_name_end(tpost_reply *reply)
{
    reply->member = tpost_word_end(reply);
    reply->words = TPOST_WORD_CHUNKED | TPOST_WORD_CLOSE;
    return tpost_next(reply, tpost_head_value);
}

static tpost_status tpost_head_name(tpost_reply *reply, unsigned c)
{
    if (reply->position == 0) {
        if (c == '\n') {
            return tpost_head_end(reply);
        }
        reply->words = reply->in_body ? 0 : TPOST_WORDS_HEADER; /* a trailer means nothing to us */
    } else if (c == ':') {
        return tpost_name_end(reply);
    }
    tpost_word_byte(reply, c | 0x20u);
    return tpost_is_allowed(c, TPOST_KIND_TOKEN) && c != ':' ? TPOST_PARTIAL : TPOST_MALFORMED;
}

/* The beginning of the status line */
static tpost_status tpost_version(tpost_reply *reply, unsigned c)
{
    if (c <= ' ') {
        (void)tpost_name_end(reply);
        return c == ' ' && reply->member != 0 ? TPOST_PARTIAL : TPOST_MALFORMED;
    }
    tpost_word_byte(reply, c);
    return reply->words != 0 ? TPOST_PARTIAL : TPOST_MALFORMED;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static tpost_status tpost_line_byte(tpost_reply *reply, unsigned c)
{
    if (reply->after_return && c != '\n') {
        return TPOST_MALFORMED;
    }
    reply->after_return = c == '\r';
    return reply->after_return ? TPOST_PARTIAL : reply->line(reply, c);
}

static tpost_status tpost_body_byte(tpost_reply *reply, unsigned c)
{
    tpost_status status = tpost_json_byte(reply, c);

    if (reply->left != TPOST_UNTIL_CLOSE) {
        reply->left--;
    }
    if (status == TPOST_PARTIAL && reply->left == 0 && (reply->seen & TPOST_WORD_TRANSFER_ENCODING) == 0) {
        return tpost_finish(reply);
    }
    return status;
}

static tpost_status tpost_reply_byte(tpost_reply *reply, unsigned c)
{
    reply->received++;
    if (reply->received > TPOST_REPLY_MAX) {
        return TPOST_TOO_LONG;
    }
    return reply->left > 0 ? tpost_body_byte(reply, c) : tpost_line_byte(reply, c);
}

/* The token stays only where the platform gave one for good. */
static TPOST_NOINLINE tpost_status tpost_conclude(tpost_reply *reply)
{
    if (reply->result != TPOST_OK || reply->code != 0) {
        tpost_wipe(reply->token, reply->token_size);
        reply->token_len = 0;
    }
    return reply->result;
}

void tpost_reply_begin(tpost_reply *reply, char *token, size_t token_size)
{
    tpost_wipe(reply, sizeof *reply);
    tpost_wipe(token, token_size);
    reply->token = token;
    reply->token_size = token_size;
    reply->json = NULL;
    reply->nesting = TPOST_NOTHING_OPEN;
    reply->result = TPOST_PARTIAL;
    reply->words = TPOST_WORD_HTTP_1_1 | TPOST_WORD_HTTP_1_0;
    (void)tpost_next(reply, tpost_version);
}

tpost_status tpost_reply_feed(tpost_reply *reply, const void *bytes, size_t len, size_t *used)
{
    const unsigned char *next = (const unsigned char *)bytes;
    size_t i;

    for (i = 0; i < len && reply->result == TPOST_PARTIAL; i++) {
        reply->result = tpost_reply_byte(reply, next[i]);
    }
    if (used != NULL) {
        *used = i;
    }
    return reply->result == TPOST_PARTIAL ? TPOST_PARTIAL : tpost_conclude(reply);
}

tpost_status tpost_reply_end(tpost_reply *reply)
{
    if (reply->result == TPOST_PARTIAL && reply->left == TPOST_UNTIL_CLOSE) {
        reply->result = tpost_finish(reply);
    }
    return tpost_conclude(reply);
}
