/*
 * text.c: for CBMC: digits, UTF-8 and names are what their definitions say, whatever the input.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "any.h"

enum { BYTES = 3, NAMES = 3, LETTERS = 2 };

/* Each byte becomes its two digits, also in place. */
void hexadecimal(void)
{
    uint8_t data[BYTES];
    char text[2 * BYTES + 1];
    size_t len = any_up_to(BYTES);
    size_t i;

    any_bytes(data, sizeof data);
    for (i = 0; i < BYTES; i++) {
        text[i] = (char)data[i];
    }
    tpost_hex((const uint8_t *)text, len, text);
    for (i = 0; i < len; i++) {
        assert(text[2 * i] == "0123456789ABCDEF"[data[i] >> 4]);
        assert(text[2 * i + 1] == "0123456789ABCDEF"[data[i] & 15]);
    }
    assert(text[2 * len] == '\0');
}

/* The digits are the number's, without a zero in front. Numbers of 20 bits: for more the proof takes too long. */
void decimal(void)
{
    char text[TPOST_U64_SIZE];
    uint64_t number = nondet_number64() & 0xfffffu;
    uint64_t value = 0;
    size_t len = tpost_u64_text(number, text);
    size_t i;

    assert(len >= 1 && len < TPOST_U64_SIZE && text[len] == '\0');
    assert(len == 1 || text[0] != '0');
    for (i = 0; i < len; i++) {
        assert(text[i] >= '0' && text[i] <= '9');
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    assert(value == number);
}

/* Is it a character's whole encoding (RFC 3629 3 and 4)? By its number, where utf8.c goes by the bytes. */
static int is_character(const uint8_t *bytes, size_t len)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t number = len == 1 ? bytes[0] : bytes[0] & (0x7fu >> len);
    size_t i;

    if (len == 1 ? bytes[0] >= 0x80 : (bytes[0] & (0xf80u >> len & 0xffu)) != (0xf00u >> len & 0xffu)) {
        return 0;
    }
    for (i = 1; i < len; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        number = number << 6 | (bytes[i] & 0x3fu);
    }
    return number >= least[len] && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
}

/* The bytes of one character, and nothing else, bring the check from its start to its start. */
void utf8(void)
{
    tpost_utf8 state = {0};
    uint8_t bytes[4];
    size_t len = any_up_to(4);
    size_t i;
    int ok = 1;

    __CPROVER_assume(len > 0);
    any_bytes(bytes, sizeof bytes);
    for (i = 0; i < len && ok; i++) {
        ok = tpost_utf8_step(&state, bytes[i]) && (i + 1 == len) == (state.more == 0);
    }
    assert(ok == is_character(bytes, len));
}

static char letters[NAMES][LETTERS];
static tpost_param params[NAMES];

static size_t any_names(void)
{
    size_t i;

    any_bytes(letters, sizeof letters);
    for (i = 0; i < NAMES; i++) {
        params[i].name = letters[i];
        params[i].name_len = any_up_to(LETTERS);
        params[i].value = NULL;
        params[i].value_len = 0;
    }
    return any_up_to(NAMES);
}

/* A name as a number: two names compare as their numbers do. The end of a name is below every letter. */
static unsigned number_of(const tpost_param *param)
{
    unsigned number = 0;
    size_t i;

    for (i = 0; i < LETTERS; i++) {
        number = number * 257 + (i < param->name_len ? (unsigned char)param->name[i] + 1u : 0);
    }
    return number;
}

void comparison(void)
{
    int order;

    (void)any_names();
    order = tpost_name_compare(&params[0], &params[1]);
    assert((order < 0) == (number_of(&params[0]) < number_of(&params[1])));
    assert((order == 0) == (number_of(&params[0]) == number_of(&params[1])));
}

/* Not so, for names may be equal: CBMC has to find it. */
void wrong(void)
{
    (void)any_names();
    assert(tpost_name_compare(&params[0], &params[1]) != 0);
}

/* Every parameter comes once, in order; empty and repeated names are refused, wherever they stand. */
void order(void)
{
    const tpost_param *last = NULL;
    const tpost_param *param = NULL;
    tpost_status status = TPOST_OK;
    tpost_status expected = TPOST_OK;
    size_t n = any_names();
    size_t count = 0;
    size_t i;
    size_t k;

    for (i = 0; i < n; i++) {
        for (k = 0; k < i; k++) {
            if (number_of(&params[i]) == number_of(&params[k])) {
                expected = TPOST_REPEATED_NAME;
            }
        }
    }
    for (i = 0; i < n; i++) {
        if (params[i].name_len == 0) {
            expected = TPOST_EMPTY_NAME;
        }
    }
    while ((param = tpost_content_next(params, n, last, &status)) != NULL) {
        assert(param >= params && param < params + n);
        assert(last == NULL || number_of(last) < number_of(param));
        last = param;
        count++;
    }
    assert(status == expected);
    assert(status != TPOST_OK || count == n); /* none is as long as "sign" */
}
