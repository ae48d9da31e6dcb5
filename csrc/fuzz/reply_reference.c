/*
 * reply_reference.c: a reply read the plain way: from memory, by functions that call one another as the grammar does.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "reply_reference.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { END = -1, DEPTH_MOST = 31 };

static reference *out;
static const unsigned char *input;
static size_t input_len;
static size_t token_room;
static jmp_buf give_up;

static void stop(tpost_status result)
{
    out->result = result;
    longjmp(give_up, 1);
}

static void malformed_unless(int good)
{
    if (!good) {
        stop(TPOST_MALFORMED);
    }
}

static int next_byte(void)
{
    if (out->used == input_len) {
        stop(TPOST_PARTIAL);
    }
    out->used++;
    if (out->used > TPOST_REPLY_MAX) {
        stop(TPOST_TOO_LONG);
    }
    return input[out->used - 1];
}

/* A byte of a line: CR LF and LF are '\n', a CR elsewhere is refused. */
static int next_of_line(void)
{
    int c = next_byte();

    if (c == '\r') {
        c = next_byte();
        malformed_unless(c == '\n');
    }
    return c;
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* ---- The body's bytes -------------------------------------------------------------------------------------------- */

static enum { NOT_YET, BY_LENGTH, BY_CHUNKS, BY_CLOSE } framing;
static unsigned long body_left; /* of the body or of the chunk */
static int first_chunk;
static int pushed_back;

static void read_headers(int in_trailer);

static int next_chunk(void)
{
    int c;
    int digits = 0;

    if (!first_chunk) {
        malformed_unless(next_of_line() == '\n');
    }
    first_chunk = 0;
    body_left = 0;
    for (;;) {
        static const char hex[] = "0123456789abcdef";
        const char *digit;

        c = next_of_line();
        digit = c == 0 ? NULL : strchr(hex, lower(c));
        if (digit == NULL) {
            break;
        }
        body_left = body_left * 16 + (unsigned long)(digit - hex);
        if (body_left > TPOST_REPLY_MAX) {
            stop(TPOST_TOO_LONG);
        }
        digits++;
    }
    malformed_unless(digits > 0 && (c == '\n' || c == ';' || c == ' '));
    while (c != '\n') {
        c = next_of_line();
    }
    if (body_left == 0) {
        read_headers(1);
        return 0;
    }
    return 1;
}

static int next_of_body(void)
{
    if (pushed_back != END) {
        int c = pushed_back;

        pushed_back = END;
        return c;
    }
    if (framing == BY_CLOSE) {
        return out->used == input_len ? END : next_byte();
    }
    if (body_left == 0 && (framing == BY_LENGTH || !next_chunk())) {
        framing = BY_LENGTH; /* the end stays the end */
        return END;
    }
    body_left--;
    return next_byte();
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static int have_code;
static int have_message_id;
static int have_token;

static int next_not_blank(void)
{
    int c;

    do {
        c = next_of_body();
    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    return c;
}

static int next_hex(void)
{
    int c = lower(next_of_body());

    malformed_unless((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* One character behind a backslash; 0x100 and more for those that are not ASCII, or control characters. */
static int read_escape(void)
{
    static const char plain[] = "\"\\/";
    int c = next_of_body();

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
    malformed_unless(c > 0 && strchr(plain, c) != NULL);
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
    malformed_unless(i < sizeof forms / sizeof *forms);
    c = next_of_body();
    malformed_unless(c >= forms[i].second_from && c <= forms[i].second_to);
    for (more = forms[i].more; more > 0; more--) {
        c = next_of_body();
        malformed_unless(c >= 0x80 && c <= 0xbf);
    }
}

/* The opening quote is read. The text, as far as it is ASCII and fits, goes to `to`; `is_token` minds each character. */
static void read_string(char *to, size_t size, int is_token)
{
    size_t len = 0;
    int c;

    while ((c = next_of_body()) != '"') {
        malformed_unless(c >= 0x20);
        if (c == '\\') {
            c = read_escape();
        } else if (c >= 0x80) {
            if (is_token) {
                /* The first byte decides already whether it is UTF-8 at all; either way it is malformed. */
                stop(TPOST_MALFORMED);
            }
            read_utf8(c);
            c = 0x100;
        }
        if (is_token) {
            malformed_unless(c > 0x20 && c < 0x7f);
            if (len + 1 >= token_room || len >= TPOST_TOKEN_MAX) {
                stop(TPOST_TOO_LONG);
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
        c = next_of_body();
    }
    for (;; c = next_of_body()) {
        int digit = c >= '0' && c <= '9';

        if (digit) {
            malformed_unless(place != ZERO);
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
    malformed_unless(place == ZERO || place == DIGITS || place == FRACTION || place == EXPONENT);
    pushed_back = c;
    text[len] = '\0';
    return is_integer;
}

/* An integer's text as a number; 0 where it has more than 64 bits. */
static int to_u64(const char *digits, uint64_t *number)
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

    if (!to_u64(text + negative, &number)) {
        return;
    }
    if (member == CODE && number <= INT32_MAX) {
        out->code = negative ? -(long)number : (long)number;
        have_code = 1;
    }
    if (member == MESSAGE_ID && (!negative || number == 0)) {
        out->message_id = number;
        have_message_id = 1;
    }
}

static void read_object(int depth, int is_info);

static void read_value(int c, int depth, enum member member)
{
    static char number[8192];

    if (c == '{' || c == '[') {
        malformed_unless(depth < DEPTH_MOST);
    }
    if (c == '{') {
        read_object(depth + 1, member == INFO);
    } else if (c == '[') {
        c = next_not_blank();
        while (c != ']') {
            read_value(c, depth + 1, NONE);
            c = next_not_blank();
            malformed_unless(c == ',' || c == ']');
            if (c == ',') {
                c = next_not_blank(); /* which may be the end after all */
            }
        }
    } else if (c == '"') {
        int is_token = member == TOKEN && token_room > 0;

        read_string(is_token ? out->token : NULL, is_token ? sizeof out->token : 0, is_token);
        have_token |= is_token && out->token[0] != '\0';
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        if (read_number(c, number, sizeof number)) {
            take_integer(member, number);
        }
    } else {
        const char *word = c == 't' ? "rue" : c == 'f' ? "alse" : c == 'n' ? "ull" : NULL;

        malformed_unless(word != NULL);
        for (; *word != '\0'; word++) {
            malformed_unless(next_of_body() == *word);
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

        malformed_unless(c == '"');
        read_string(name, sizeof name, 0);
        if (depth == 1) {
            member = strcmp(name, "code") == 0 ? CODE : strcmp(name, "info") == 0 ? INFO : NONE;
        } else if (depth == 2 && is_info) {
            member = strcmp(name, "token") == 0 ? TOKEN : strcmp(name, "messageId") == 0 ? MESSAGE_ID : NONE;
        }
        malformed_unless(member == NONE || (seen & 1u << member) == 0);
        seen |= 1u << member;
        malformed_unless(next_not_blank() == ':');
        read_value(next_not_blank(), depth, member);
        c = next_not_blank();
        malformed_unless(c == ',' || c == '}');
        if (c == ',') {
            c = next_not_blank();
        }
    }
}

static void read_body(void)
{
    malformed_unless(next_not_blank() == '{');
    read_object(1, 0);
    malformed_unless(next_not_blank() == END);
    malformed_unless(have_code);
    malformed_unless(out->code != 0 || (out->status == 200 && (token_room > 0 ? have_token : have_message_id)));
    stop(TPOST_OK);
}

/* ---- The head ---------------------------------------------------------------------------------------------------- */

static int have_length;
static unsigned long length;
static int chunked;

/* A header's value, without blanks around it */
static void take_header(const char *name, char *value)
{
    size_t len = strlen(value);
    int is_number = len > 0 && strspn(value, "0123456789") == len;
    uint64_t number = UINT64_MAX;
    size_t i;

    if (is_number) {
        to_u64(value, &number);
    }
    for (i = 0; i < len; i++) {
        value[i] = (char)lower((unsigned char)value[i]);
    }
    if (strcmp(name, "content-length") == 0) {
        malformed_unless(is_number || len == 0);
        if (len == 0) {
            number = 0; /* found out at the end of the head */
        } else if (number > TPOST_REPLY_MAX || !to_u64(value, &number)) {
            stop(TPOST_TOO_LONG);
        }
        malformed_unless(!have_length || number == length);
        have_length = 1;
        length = (unsigned long)number;
    } else if (strcmp(name, "transfer-encoding") == 0) {
        malformed_unless(strcmp(value, "chunked") == 0);
        chunked = 1;
    } else if (strcmp(name, "retry-after") == 0) {
        out->retry_after = !is_number || !to_u64(value, &number) ? 0 : number > UINT32_MAX ? UINT32_MAX : number;
    } else if (strcmp(name, "connection") == 0 && strcmp(value, "close") == 0) {
        out->reusable = 0;
    }
}

/* Header lines up to the empty one */
static void read_headers(int in_trailer)
{
    static char name[TPOST_REPLY_MAX + 1];
    static char value[TPOST_REPLY_MAX + 1];
    int c;

    while ((c = next_of_line()) != '\n') {
        size_t len = 0;

        for (; c != ':' || len == 0; c = next_of_line()) {
            malformed_unless(c > 0x20 && c < 0x7f && c != ':');
            name[len++] = (char)lower(c);
        }
        name[len] = '\0';
        len = 0;
        while ((c = next_of_line()) != '\n') {
            malformed_unless(c >= 0x20 || c == '\t');
            if (strcmp(name, "content-length") == 0 && !in_trailer) {
                /* A byte that no length can have is refused at once. */
                int blank = c == ' ' || c == '\t';
                int gap = len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t');

                malformed_unless(blank || (c >= '0' && c <= '9' && !gap));
            }
            if (len > 0 || (c != ' ' && c != '\t')) {
                value[len++] = (char)c;
            }
        }
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
            len--;
        }
        value[len] = '\0';
        if (strlen(value) != len) {
            value[0] = '?'; /* a NUL inside; refused above, in fact */
        }
        if (!in_trailer) {
            take_header(name, value);
        }
    }
}

static void read_status_line(void)
{
    static const char version[] = "HTTP/1.";
    unsigned long status = 0;
    const char *at;
    int c;

    for (at = version; *at != '\0'; at++) {
        malformed_unless(next_of_line() == *at);
    }
    c = next_of_line();
    malformed_unless(c == '0' || c == '1');
    out->reusable = c == '1';
    malformed_unless(next_of_line() == ' ');
    do {
        c = next_of_line();
    } while (c == ' ' || c == '\t');
    for (; c != '\n' && c != ' ' && c != '\t'; c = next_of_line()) {
        malformed_unless(c >= '0' && c <= '9');
        status = status > 1000 ? status : status * 10 + (unsigned long)(c - '0');
    }
    while (c != '\n') { /* the reason */
        malformed_unless(c >= 0x20 || c == '\t');
        c = next_of_line();
    }
    malformed_unless(status >= 200 && status < 600 && status / 100 != 3 && status != 204);
    out->status = (unsigned)status;
}

void reference_read(reference *read, const unsigned char *bytes, size_t len, size_t token_size)
{
    memset(read, 0, sizeof *read);
    out = read;
    input = bytes;
    input_len = len;
    token_room = token_size;
    framing = NOT_YET;
    body_left = 0;
    first_chunk = 1;
    pushed_back = END;
    have_code = have_message_id = have_token = have_length = chunked = 0;
    length = 0;
    if (setjmp(give_up) != 0) {
        return;
    }
    read_status_line();
    read_headers(0);
    malformed_unless(!chunked || !have_length);
    framing = chunked ? BY_CHUNKS : have_length ? BY_LENGTH : BY_CLOSE;
    body_left = framing == BY_LENGTH ? length : 0;
    malformed_unless(framing != BY_LENGTH || length > 0);
    if (framing == BY_CLOSE) {
        out->reusable = 0;
    }
    read_body();
}
