/*
 * reply_json.c: the platform's JSON, read byte by byte: code, info.token, info.messageId. All else is checked and skipped.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Source: RFC 8259, with one slip of the platform's own document tolerated: a comma after the last member. Each state is a
 * function that takes one byte; none of them set means that the next byte belongs to the structure, or is a blank.
 */
#include "internal.h"

/* What is open: see TPOST_NOTHING_OPEN */
#define TPOST_IN_DOCUMENT 3u
#define TPOST_IN_MEMBER 7u /* an object in the document's */
#define TPOST_NESTED_MOST 0x80000000u

/* What may come next in the structure */
#define TPOST_A_VALUE 0u /* also in an array: its end */
#define TPOST_A_NAME 1u  /* or the object's end */
#define TPOST_A_COLON 2u
#define TPOST_A_COMMA 3u /* or the end of what is open */

static tpost_status tpost_string(tpost_reply *reply, unsigned c);

static tpost_status tpost_go(tpost_reply *reply, tpost_reply_state *state)
{
    reply->json = state;
    return TPOST_PARTIAL;
}

static tpost_status tpost_expect(tpost_reply *reply, unsigned what)
{
    reply->expected = (uint8_t)what;
    return tpost_go(reply, NULL);
}

static int tpost_is_blank(unsigned c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* ---- What is open ------------------------------------------------------------------------------------------------ */

static tpost_status tpost_open(tpost_reply *reply, unsigned is_object)
{
    if (reply->nesting >= TPOST_NESTED_MOST) {
        return TPOST_MALFORMED;
    }
    if (reply->nesting == TPOST_IN_DOCUMENT) {
        reply->in_info = reply->member == TPOST_WORD_INFO;
    }
    reply->member = 0;
    reply->nesting = reply->nesting << 1 | is_object;
    return tpost_expect(reply, is_object);
}

static tpost_status tpost_close(tpost_reply *reply, unsigned is_object)
{
    /* A value's place is where an array may end, a name's where an object may. */
    if ((reply->nesting & 1u) != is_object || (reply->expected != TPOST_A_COMMA && reply->expected != is_object)) {
        return TPOST_MALFORMED;
    }
    reply->nesting >>= 1;
    return tpost_expect(reply, TPOST_A_COMMA);
}

/* ---- Strings ----------------------------------------------------------------------------------------------------- */

/* A character of a string. Those that are not ASCII come as 0x80 or more: no word and no token has them. */
static tpost_status tpost_character(tpost_reply *reply, unsigned c)
{
    if (reply->expected == TPOST_A_NAME) {
        tpost_word_byte(reply, c);
    } else if (reply->member == TPOST_WORD_TOKEN && reply->token != NULL) {
        if (!tpost_is_allowed(c, TPOST_KIND_TOKEN)) {
            return TPOST_MALFORMED;
        }
        if (reply->token_len + 1 >= reply->token_size || reply->token_len >= TPOST_TOKEN_MAX) {
            return TPOST_TOO_LONG;
        }
        reply->token[reply->token_len] = (char)c;
        reply->token_len++;
        reply->got |= TPOST_WORD_TOKEN;
    }
    return tpost_go(reply, tpost_string);
}

static tpost_status tpost_unicode(tpost_reply *reply, unsigned c)
{
    unsigned digit = tpost_digit(c);

    tpost_add_digit(reply, 16, digit);
    if (digit > 15) {
        return TPOST_MALFORMED;
    }
    reply->part++;
    if (reply->part < 4) {
        return TPOST_PARTIAL;
    }
    return tpost_character(reply, reply->number[0] < 0x80 ? reply->number[0] : 0x80);
}

static tpost_status tpost_escape(tpost_reply *reply, unsigned c)
{
    /* The first three stand for themselves, the others for control characters. */
    static const char escapes[8] TPOST_FLASH = {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'};
    size_t i;

    if (c == 'u') {
        tpost_no_digits(reply);
        reply->part = 0;
        return tpost_go(reply, tpost_unicode);
    }
    for (i = 0; i < sizeof escapes; i++) {
        if (c == (unsigned char)TPOST_FLASH_BYTE(&escapes[i])) {
            return tpost_character(reply, i < 3 ? c : 0x80);
        }
    }
    return TPOST_MALFORMED;
}

static tpost_status tpost_string(tpost_reply *reply, unsigned c)
{
    if (!tpost_utf8_step(&reply->utf8, c) || c < 0x20) {
        return TPOST_MALFORMED;
    }
    if (c == '\\') {
        return tpost_go(reply, tpost_escape);
    }
    if (c != '"') {
        return tpost_character(reply, c);
    }
    if (reply->expected != TPOST_A_NAME) {
        return tpost_expect(reply, TPOST_A_COMMA);
    }
    reply->member = tpost_word_end(reply);
    if ((reply->member & reply->seen) != 0) {
        return TPOST_MALFORMED;
    }
    reply->seen |= reply->member;
    return tpost_expect(reply, TPOST_A_COLON);
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

/* Where in a number we are. A digit leads from each even place to the odd one behind it. */
enum {
    TPOST_SIGN = 0,
    TPOST_INTEGER = 1,
    TPOST_POINT = 2,
    TPOST_FRACTION = 3,
    TPOST_E = 4,
    TPOST_E_SIGN = 6,
    TPOST_ZERO = 8, /* nothing but a 0 */
    TPOST_NOWHERE = 16
};

/* May it end there? */
#define TPOST_IS_NUMBER(part) (((part) & 9u) != 0)

static void tpost_number_end(tpost_reply *reply)
{
    uint32_t low = tpost_number32(reply);

    if ((reply->part & 7u) > TPOST_INTEGER || reply->overflow) {
        return;
    }
    if (reply->member == TPOST_WORD_CODE && low <= INT32_MAX) {
        reply->code = reply->is_negative ? -(int32_t)low : (int32_t)low;
        reply->got |= TPOST_WORD_CODE;
    }
    if (reply->member == TPOST_WORD_MESSAGE_ID && (low == 0 || !reply->is_negative)) {
        reply->message_id = (uint64_t)((uint32_t)reply->number[3] << 16 | reply->number[2]) << 32 |
                            ((uint32_t)reply->number[1] << 16 | reply->number[0]);
        reply->got |= TPOST_WORD_MESSAGE_ID;
    }
}

/* Where a byte that is no digit leads to, or TPOST_NOWHERE: the number has ended before it. */
static unsigned tpost_mark_leads(unsigned part, unsigned c)
{
    unsigned exponent_may_follow = TPOST_IS_NUMBER(part) && (part & 4u) == 0;

    if (c == '.') {
        return part == TPOST_INTEGER || part == TPOST_ZERO ? TPOST_POINT : TPOST_NOWHERE;
    }
    if (exponent_may_follow) {
        return (c | 0x20u) == 'e' ? TPOST_E : TPOST_NOWHERE;
    }
    return part == TPOST_E && (c == '+' || c == '-') ? TPOST_E_SIGN : TPOST_NOWHERE;
}

static unsigned tpost_digit_leads(unsigned part, unsigned c)
{
    return part == TPOST_SIGN && c == '0' ? TPOST_ZERO : part | 1u;
}

static tpost_status tpost_number(tpost_reply *reply, unsigned c)
{
    int is_digit = c - '0' < 10;
    unsigned part = is_digit ? tpost_digit_leads(reply->part, c) : tpost_mark_leads(reply->part, c);

    if (part > TPOST_ZERO) { /* nowhere, or a digit behind a 0 */
        if (!TPOST_IS_NUMBER(reply->part)) {
            return TPOST_MALFORMED;
        }
        tpost_number_end(reply);
        (void)tpost_expect(reply, TPOST_A_COMMA);
        return TPOST_OK; /* the byte is what follows */
    }
    if (is_digit) {
        tpost_add_digit(reply, 10, c - '0');
    }
    reply->part = (uint8_t)part;
    return TPOST_PARTIAL;
}

/* true, false or null */
static tpost_status tpost_literal(tpost_reply *reply, unsigned c)
{
    tpost_word_byte(reply, c);
    if (reply->words == 0) {
        return TPOST_MALFORMED;
    }
    return tpost_word_end(reply) ? tpost_expect(reply, TPOST_A_COMMA) : TPOST_PARTIAL;
}

/* ---- Structure --------------------------------------------------------------------------------------------------- */

static tpost_status tpost_begin_string(tpost_reply *reply)
{
    reply->position = 0;
    reply->words = 0;
    if (reply->nesting == TPOST_IN_DOCUMENT) {
        reply->words = TPOST_WORD_CODE | TPOST_WORD_INFO;
    } else if (reply->nesting == TPOST_IN_MEMBER && reply->in_info) {
        reply->words = TPOST_WORD_TOKEN | TPOST_WORD_MESSAGE_ID;
    }
    return tpost_go(reply, tpost_string);
}

static tpost_status tpost_begin_value(tpost_reply *reply, unsigned c)
{
    if (c == '{' || c == '[') {
        return tpost_open(reply, c == '{');
    }
    reply->words = TPOST_WORD_TRUE | TPOST_WORD_FALSE | TPOST_WORD_NULL;
    reply->position = 0;
    reply->json = tpost_literal;
    reply->is_negative = c == '-';
    if (reply->is_negative || c - '0' < 10) {
        tpost_no_digits(reply);
        reply->part = TPOST_SIGN;
        reply->json = tpost_number;
    }
    return reply->is_negative ? TPOST_PARTIAL : reply->json(reply, c);
}

static tpost_status tpost_structure(tpost_reply *reply, unsigned c)
{
    unsigned expected = reply->expected;

    if (c == '}' || c == ']') {
        return tpost_close(reply, c == '}');
    }
    if (expected == TPOST_A_COMMA) {
        return c == ',' ? tpost_expect(reply, reply->nesting & 1u) : TPOST_MALFORMED;
    }
    if (expected == TPOST_A_COLON) {
        return c == ':' ? tpost_expect(reply, TPOST_A_VALUE) : TPOST_MALFORMED;
    }
    if (c == '"') {
        return tpost_begin_string(reply);
    }
    return expected == TPOST_A_VALUE ? tpost_begin_value(reply, c) : TPOST_MALFORMED;
}

/* ---- The document ------------------------------------------------------------------------------------------------ */

tpost_status tpost_json_byte(tpost_reply *reply, unsigned c)
{
    if (reply->json != NULL) {
        tpost_status status = reply->json(reply, c);

        if (status != TPOST_OK) {
            return status;
        }
    }
    if (tpost_is_blank(c)) {
        return TPOST_PARTIAL;
    }
    if (reply->nesting == TPOST_NOTHING_OPEN && (c != '{' || reply->expected != TPOST_A_VALUE)) {
        return TPOST_MALFORMED; /* the document is an object, and one */
    }
    return tpost_structure(reply, c);
}

int tpost_json_is_whole(const tpost_reply *reply)
{
    return reply->nesting == TPOST_NOTHING_OPEN && reply->expected == TPOST_A_COMMA;
}
