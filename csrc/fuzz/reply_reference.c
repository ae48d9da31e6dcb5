/*
 * reply_reference.c: a reply read the plain way: from memory, by functions that call one another as the grammar does. The head, and
 * the bytes of the body; what they say is read in reply_reference_json.c.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "reply_reference_parts.h"

#include <setjmp.h>
#include <string.h>

reference *reference_out;
static const unsigned char *input;
static size_t input_len;
size_t reference_token_room;
static jmp_buf give_up;

void reference_stop(tpost_status result)
{
    reference_out->result = result;
    longjmp(give_up, 1);
}

void reference_require(int good)
{
    if (!good) {
        reference_stop(TPOST_MALFORMED);
    }
}

static int next_byte(void)
{
    if (reference_out->used == input_len) {
        reference_stop(TPOST_PARTIAL);
    }
    reference_out->used++;
    if (reference_out->used > TPOST_REPLY_MAX) {
        reference_stop(TPOST_TOO_LONG);
    }
    return input[reference_out->used - 1];
}

/* A byte of a line: CR LF and LF are '\n', a CR elsewhere is refused. */
static int next_of_line(void)
{
    int c = next_byte();

    if (c == '\r') {
        c = next_byte();
        reference_require(c == '\n');
    }
    return c;
}

int reference_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

/* ---- The body's bytes -------------------------------------------------------------------------------------------- */

static enum { NOT_YET, BY_LENGTH, BY_CHUNKS, BY_CLOSE } framing;
static unsigned long body_left; /* of the body or of the chunk */
static int first_chunk;
static int pushed_back; /* END: none */

static void read_headers(int in_trailer);

static int next_chunk(void)
{
    int c;
    int digits = 0;

    if (!first_chunk) {
        reference_require(next_of_line() == '\n');
    }
    first_chunk = 0;
    body_left = 0;
    for (;;) {
        static const char hex[] = "0123456789abcdef";
        const char *digit;

        c = next_of_line();
        digit = c == 0 ? NULL : strchr(hex, reference_lower(c));
        if (digit == NULL) {
            break;
        }
        body_left = body_left * 16 + (unsigned long)(digit - hex);
        if (body_left > TPOST_REPLY_MAX) {
            reference_stop(TPOST_TOO_LONG);
        }
        digits++;
    }
    reference_require(digits > 0 && (c == '\n' || c == ';' || c == ' '));
    while (c != '\n') {
        c = next_of_line();
    }
    if (body_left == 0) {
        read_headers(1);
        return 0;
    }
    return 1;
}

int reference_next(void)
{
    if (pushed_back != END) {
        int c = pushed_back;

        pushed_back = END;
        return c;
    }
    if (framing == BY_CLOSE) {
        return reference_out->used == input_len ? END : next_byte();
    }
    if (body_left == 0 && (framing == BY_LENGTH || !next_chunk())) {
        framing = BY_LENGTH; /* the end stays the end */
        return END;
    }
    body_left--;
    return next_byte();
}

void reference_push_back(int c)
{
    pushed_back = c;
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
        reference_u64(value, &number);
    }
    for (i = 0; i < len; i++) {
        value[i] = (char)reference_lower((unsigned char)value[i]);
    }
    if (strcmp(name, "content-length") == 0) {
        reference_require(is_number || len == 0);
        if (len == 0) {
            number = 0; /* found out at the end of the head */
        } else if (number > TPOST_REPLY_MAX || !reference_u64(value, &number)) {
            reference_stop(TPOST_TOO_LONG);
        }
        reference_require(!have_length || number == length);
        have_length = 1;
        length = (unsigned long)number;
    } else if (strcmp(name, "transfer-encoding") == 0) {
        reference_require(strcmp(value, "chunked") == 0);
        chunked = 1;
    } else if (strcmp(name, "retry-after") == 0) {
        reference_out->retry_after = !is_number || !reference_u64(value, &number) ? 0
                                     : number > UINT32_MAX                        ? UINT32_MAX
                                                                                  : number;
    } else if (strcmp(name, "connection") == 0 && strcmp(value, "close") == 0) {
        reference_out->reusable = 0;
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
            reference_require(c > 0x20 && c < 0x7f && c != ':');
            name[len++] = (char)reference_lower(c);
        }
        name[len] = '\0';
        len = 0;
        while ((c = next_of_line()) != '\n') {
            reference_require(c >= 0x20 || c == '\t');
            if (strcmp(name, "content-length") == 0 && !in_trailer) {
                /* A byte that no length can have is refused at once. */
                int blank = c == ' ' || c == '\t';
                int gap = len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t');

                reference_require(blank || (c >= '0' && c <= '9' && !gap));
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
        reference_require(next_of_line() == *at);
    }
    c = next_of_line();
    reference_require(c == '0' || c == '1');
    reference_out->reusable = c == '1';
    reference_require(next_of_line() == ' ');
    do {
        c = next_of_line();
    } while (c == ' ' || c == '\t');
    for (; c != '\n' && c != ' ' && c != '\t'; c = next_of_line()) {
        reference_require(c >= '0' && c <= '9');
        status = status > 1000 ? status : status * 10 + (unsigned long)(c - '0');
    }
    while (c != '\n') { /* the reason */
        reference_require(c >= 0x20 || c == '\t');
        c = next_of_line();
    }
    reference_require(status >= 200 && status < 600 && status / 100 != 3 && status != 204);
    reference_out->status = (unsigned)status;
}

void reference_read(reference *read, const unsigned char *bytes, size_t len, size_t token_size)
{
    memset(read, 0, sizeof *read);
    reference_out = read;
    input = bytes;
    input_len = len;
    reference_token_room = token_size;
    framing = NOT_YET;
    body_left = 0;
    first_chunk = 1;
    pushed_back = END;
    have_length = chunked = 0;
    length = 0;
    if (setjmp(give_up) != 0) {
        return;
    }
    read_status_line();
    read_headers(0);
    reference_require(!chunked || !have_length);
    framing = chunked ? BY_CHUNKS : have_length ? BY_LENGTH : BY_CLOSE;
    body_left = framing == BY_LENGTH ? length : 0;
    reference_require(framing != BY_LENGTH || length > 0);
    if (framing == BY_CLOSE) {
        reference_out->reusable = 0;
    }
    reference_read_body();
}
