/*
 * reply_reference_json.c: the body of a reply, JSON, read the plain way.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "reply_reference_parts.h"

#include <string.h>

enum { DEPTH_MOST = 31 };

static int have_code;
static int have_message_id;
static int have_token;

static int next_not_blank(void)
{
    int c;

    do {
        c = reference_next();
    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    return c;
}

static int next_hex(void)
{
    int c = reference_lower(reference_next());

    reference_require((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* One character behind a backslash; 0x100 and more for those that are not ASCII, or control characters. */
static int read_escape(void)
{
    static const char plain[] = "\"\\/";
    int c = reference_next();

    if (c == 'u') {
        int unit = next_hex() << 12;

        unit |= next_hex() << 8;
        unit |= next_hex() << 4;
        unit |= next_hex();
        return unit < 0x20 || unit > 0x7e ? unit + 0x100 : unit;
    }
    if (c > 0 && strchr("bfnrt", c) != NULL) {
        return 0x100;
    }
    reference_require(c > 0 && strchr(plain, c) != NULL);
    return c;
}

/* The rest of a character whose first byte is not ASCII (RFC 3629 4, the table) */
static void read_utf8(int first)
{
    static const struct {
        int from, to, second_from, second_to, more;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 0}, {0xe0, 0xe0, 0xa0, 0xbf, 1}, {0xe1, 0xec, 0x80, 0xbf, 1},
                 {0xed, 0xed, 0x80, 0x9f, 1}, {0xee, 0xef, 0x80, 0xbf, 1}, {0xf0, 0xf0, 0x90, 0xbf, 2},
                 {0xf1, 0xf3, 0x80, 0xbf, 2}, {0xf4, 0xf4, 0x80, 0x8f, 2}};
    size_t i;
    int more;
    int c;

    for (i = 0; i < sizeof forms / sizeof *forms && !(first >= forms[i].from && first <= forms[i].to); i++) {
    }
    reference_require(i < sizeof forms / sizeof *forms);
    c = reference_next();
    reference_require(c >= forms[i].second_from && c <= forms[i].second_to);
    for (more = forms[i].more; more > 0; more--) {
        c = reference_next();
        reference_require(c >= 0x80 && c <= 0xbf);
    }
}

/* The opening quote is read. The text, as far as it is ASCII and fits, goes to `to`; `is_token` minds each character. */
static void read_string(char *to, size_t size, int is_token)
{
    size_t len = 0;
    int c;

    while ((c = reference_next()) != '"') {
        reference_require(c >= 0x20);
        if (c == '\\') {
            c = read_escape();
        } else if (c >= 0x80) {
            if (is_token) {
                /* The first byte decides already whether it is UTF-8 at all; either way it is malformed. */
                reference_stop(TPOST_MALFORMED);
            }
            read_utf8(c);
            c = 0x100;
        }
        if (is_token) {
            reference_require(c > 0x20 && c < 0x7f);
            if (len + 1 >= reference_token_room || len >= TPOST_TOKEN_MAX) {
                reference_stop(TPOST_TOO_LONG);
            }
        }
        if (len + 1 < size) {
            to[len++] = c < 0x80 ? (char)c : '\1';
        } else if (size > 0) {
            to[0] = '\1'; /* longer than any name of ours */
        }
    }
    if (size > 0) {
        to[len] = '\0';
    }
}

/* Collect a number's characters, check them afterwards. Returns whether it is an integer. */
static int read_number(int c, char *text, size_t size)
{
    size_t len = 0;
    int is_integer = 1;

    /* A character that cannot follow ends the number. */
    enum { SIGN, ZERO, DIGITS, POINT, FRACTION, E, E_SIGN, EXPONENT } place = SIGN;

    if (c == '-') {
        text[len++] = '-';
        c = reference_next();
    }
    for (;; c = reference_next()) {
        int digit = c >= '0' && c <= '9';

        if (digit) {
            reference_require(place != ZERO);
            place = place == SIGN                     ? (c == '0' ? ZERO : DIGITS)
                    : place == POINT                  ? FRACTION
                    : (place == E || place == E_SIGN) ? EXPONENT
                                                      : place;
        } else if (c == '.' && (place == ZERO || place == DIGITS)) {
            place = POINT;
            is_integer = 0;
        } else if ((c == 'e' || c == 'E') && (place == ZERO || place == DIGITS || place == FRACTION)) {
            place = E;
            is_integer = 0;
        } else if ((c == '+' || c == '-') && place == E) {
            place = E_SIGN;
        } else {
            break;
        }
        if (len + 1 < size) {
            text[len++] = (char)c;
        }
    }
    reference_require(place == ZERO || place == DIGITS || place == FRACTION || place == EXPONENT);
    reference_push_back(c);
    text[len] = '\0';
    return is_integer;
}

/* An integer's text as a number; 0 where it has more than 64 bits. */
int reference_u64(const char *digits, uint64_t *number)
{
    *number = 0;
    for (; *digits != '\0'; digits++) {
        uint64_t digit = (uint64_t)(*digits - '0');

        if (*number > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        *number = *number * 10 + digit;
    }
    return 1;
}

enum member { NONE, CODE, INFO, TOKEN, MESSAGE_ID };

static void take_integer(enum member member, const char *text)
{
    int negative = text[0] == '-';
    uint64_t number;

    if (!reference_u64(text + negative, &number)) {
        return;
    }
    if (member == CODE && number <= INT32_MAX) {
        reference_out->code = negative ? -(long)number : (long)number;
        have_code = 1;
    }
    if (member == MESSAGE_ID && (!negative || number == 0)) {
        reference_out->message_id = number;
        have_message_id = 1;
    }
}

static void read_object(int depth, int is_info);

static void read_value(int c, int depth, enum member member)
{
    static char number[8192];

    if (c == '{' || c == '[') {
        reference_require(depth < DEPTH_MOST);
    }
    if (c == '{') {
        read_object(depth + 1, member == INFO);
    } else if (c == '[') {
        c = next_not_blank();
        while (c != ']') {
            read_value(c, depth + 1, NONE);
            c = next_not_blank();
            reference_require(c == ',' || c == ']');
            if (c == ',') {
                c = next_not_blank(); /* which may be the end after all */
            }
        }
    } else if (c == '"') {
        int is_token = member == TOKEN && reference_token_room > 0;

        read_string(is_token ? reference_out->token : NULL, is_token ? sizeof reference_out->token : 0, is_token);
        have_token |= is_token && reference_out->token[0] != '\0';
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        if (read_number(c, number, sizeof number)) {
            take_integer(member, number);
        }
    } else {
        const char *word = c == 't' ? "rue" : c == 'f' ? "alse" : c == 'n' ? "ull" : NULL;

        reference_require(word != NULL);
        for (; *word != '\0'; word++) {
            reference_require(reference_next() == *word);
        }
    }
}

/* The opening brace is read. */
static void read_object(int depth, int is_info)
{
    unsigned seen = 0;
    int c = next_not_blank();

    while (c != '}') {
        char name[16] = "";
        enum member member = NONE;

        reference_require(c == '"');
        read_string(name, sizeof name, 0);
        if (depth == 1) {
            member = strcmp(name, "code") == 0 ? CODE : strcmp(name, "info") == 0 ? INFO : NONE;
        } else if (depth == 2 && is_info) {
            member = strcmp(name, "token") == 0 ? TOKEN : strcmp(name, "messageId") == 0 ? MESSAGE_ID : NONE;
        }
        reference_require(member == NONE || (seen & 1u << member) == 0);
        seen |= 1u << member;
        reference_require(next_not_blank() == ':');
        read_value(next_not_blank(), depth, member);
        c = next_not_blank();
        reference_require(c == ',' || c == '}');
        if (c == ',') {
            c = next_not_blank();
        }
    }
}

void reference_read_body(void)
{
    have_code = have_message_id = have_token = 0;
    reference_require(next_not_blank() == '{');
    read_object(1, 0);
    reference_require(next_not_blank() == END);
    reference_require(have_code);
    reference_require(reference_out->code != 0 ||
                      (reference_out->status == 200 && (reference_token_room > 0 ? have_token : have_message_id)));
    reference_stop(TPOST_OK);
}
