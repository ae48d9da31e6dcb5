/*
 * text.c: the HMAC of one text. See text.h.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "text.h"

#define TPOST_LANES 1
#include "vector.h"

/* Stream after stream: where words stood side by side, GCC would make vectors of two lanes, which takes longer. */
#define TPOST_MD5_AT(i, s, n) ((s) * (n) + (i))
#include "md5.h"

#include "sha.h"

/* ---- Hashes ------------------------------------------------------------------------------------------------------ */

/* The words of a block in the method's byte order. Compilers make single loads of the shifts. */
static void tpost_text_words(uint32_t *words, const uint8_t *bytes, unsigned order)
{
    unsigned i;

    if (order == 0) {
        for (i = 0; i < TPOST_BLOCK_WORDS; i++, bytes += 4) {
            words[i] =
                (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
        }
    } else {
        for (i = 0; i < TPOST_BLOCK_WORDS; i++, bytes += 4) {
            words[i] =
                (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
        }
    }
}

/* The way back. */
static void tpost_text_bytes(uint8_t *bytes, const uint32_t *words, unsigned order)
{
    unsigned i;
    unsigned j;

    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        for (j = 0; j < 4; j++) {
            bytes[4 * i + j] = (uint8_t)(words[i] >> (order == 0 ? 8 * j : 24 - 8 * j));
        }
    }
}

/* Mix n blocks into the state. */
static void tpost_text_blocks(const tpost_method *method, uint32_t *state, const uint8_t *bytes, size_t n)
{
    uint32_t block[TPOST_BLOCK_WORDS];

#if defined(TPOST_HAVE_SHA_X86)
    if (method == &tpost_hmacsha1_x86) {
        tpost_sha1_x86_blocks(state, bytes, n);
        return;
    }
    if (method == &tpost_hmacsha256_x86) {
        tpost_sha256_x86_blocks(state, bytes, n);
        return;
    }
#endif
    for (; n > 0; n--, bytes += TPOST_BLOCK_SIZE) {
        tpost_text_words(block, bytes, method->order);
        method->compress(state, block);
    }
}

/* Both midstates by MD5, of which one stream leaves half of the CPU idle; they come as the initial state. */
static void tpost_md5_midstates(uint32_t *inner, uint32_t *outer, const uint8_t *bytes)
{
    uint32_t states[2 * 4];
    uint32_t blocks[2 * TPOST_BLOCK_WORDS];
    unsigned i;

    tpost_text_words(blocks, bytes, 0);
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        blocks[TPOST_BLOCK_WORDS + i] = blocks[i] ^ TPOST_IN_EACH_BYTE(TPOST_OPAD);
        blocks[i] ^= TPOST_IN_EACH_BYTE(TPOST_IPAD);
    }
    memcpy(states, inner, sizeof states / 2);
    memcpy(states + 4, outer, sizeof states / 2);
    tpost_md5_vec(states, blocks);
    memcpy(inner, states, sizeof states / 2);
    memcpy(outer, states + 4, sizeof states / 2);
    tpost_clear(states, sizeof states);
    tpost_clear(blocks, sizeof blocks);
}

/* One midstate by whichever method */
static void tpost_midstate(const tpost_method *method, uint32_t *state, const uint8_t *bytes, uint32_t pad)
{
    uint32_t block[TPOST_BLOCK_WORDS];
    unsigned i;

    tpost_text_words(block, bytes, method->order);
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        block[i] ^= pad;
    }
    method->compress(state, block);
    tpost_clear(block, sizeof block);
}

/* ---- HMAC -------------------------------------------------------------------------------------------------------- */

void tpost_text_key(tpost_key *key, const tpost_method *method, const char *secret, size_t secret_len)
{
    uint8_t bytes[TPOST_BLOCK_SIZE] = {0};

    if (secret_len > TPOST_BLOCK_SIZE) {
        (void)tpost_key_init(key, method, secret, secret_len);
        return;
    }
    memcpy(bytes, secret, secret_len);
    key->method = method;
    memcpy(key->inner, method->initial, sizeof key->inner);
    memcpy(key->outer, method->initial, sizeof key->outer);
    if (method == &tpost_hmacmd5) {
        tpost_md5_midstates(key->inner, key->outer, bytes);
#if defined(TPOST_HAVE_SHA_X86)
    } else if (method == &tpost_hmacsha1_x86) {
        tpost_sha1_x86_midstates(key->inner, key->outer, bytes);
    } else if (method == &tpost_hmacsha256_x86) {
        tpost_sha256_x86_midstates(key->inner, key->outer, bytes);
#endif
    } else {
        tpost_midstate(method, key->inner, bytes, TPOST_IN_EACH_BYTE(TPOST_IPAD));
        tpost_midstate(method, key->outer, bytes, TPOST_IN_EACH_BYTE(TPOST_OPAD));
    }
    tpost_clear(bytes, sizeof bytes);
}

/* Pad a text that so many bytes (whole blocks) are hashed before. Returns how many blocks it makes. */
static size_t tpost_text_pad(uint8_t *text, size_t len, uint64_t before, unsigned order)
{
    size_t blocks = (len + 9 + TPOST_BLOCK_SIZE - 1) / TPOST_BLOCK_SIZE;
    uint8_t *last = text + blocks * TPOST_BLOCK_SIZE - 8;
    uint64_t bits = 8 * (before + len);
    int i;

    text[len] = 0x80;
    memset(text + len + 1, 0, (size_t)(last - text) - len - 1);
    for (i = 0; i < 8; i++) {
        last[i] = (uint8_t)(bits >> (order == 0 ? 8 * i : 56 - 8 * i));
    }
    return blocks;
}

/* state, an inner digest = the HMAC, after the outer midstate. */
static void tpost_text_outer(const tpost_method *method, uint32_t *state, const uint32_t *outer)
{
    uint32_t block[TPOST_BLOCK_WORDS] = {0};

#if defined(TPOST_HAVE_SHA_X86)
    if (method == &tpost_hmacsha1_x86) {
        tpost_sha1_x86_outer(state, outer);
        return;
    }
    if (method == &tpost_hmacsha256_x86) {
        tpost_sha256_x86_outer(state, outer);
        return;
    }
#endif
    /* The outer hash's last block: the inner digest, and the padding of a block of key and a digest. */
    memcpy(block, state, 4u * method->words);
    block[method->words] = method->order == 0 ? 0x80u : 0x80000000u;
    block[method->order == 0 ? 14 : 15] = 8u * (TPOST_BLOCK_SIZE + 4u * method->words);
    memcpy(state, outer, TPOST_STATE_WORDS * sizeof *state);
    method->compress(state, block);
}

/* Write the digits of the digest, which are twice its size. Compilers make single stores of the shifts. */
static void tpost_text_digits(const tpost_method *method, const uint32_t *state, char *sign)
{
    unsigned i;
    unsigned j;

    for (i = 0; i < method->words; i++) {
        uint32_t word = state[i];
        uint64_t digits;

        if (method->order == 0) {
            word = word >> 24 | (word >> 8 & 0xff00u) | (word << 8 & 0xff0000u) | word << 24;
        }
        digits = tpost_hex_digits(word);
        for (j = 0; j < 8; j++) {
            sign[8 * i + j] = (char)(digits >> (56 - 8 * j) & 0xffu);
        }
    }
}

/* The padded text is hashed after the state `inner`, its digest after `outer`. */
static void tpost_text_finish(const tpost_method *method, const uint32_t *inner, const uint32_t *outer,
                              const uint8_t *padded, size_t blocks, char *sign)
{
    uint32_t state[TPOST_STATE_WORDS];

    memcpy(state, inner, sizeof state);
    tpost_text_blocks(method, state, padded, blocks);
    tpost_text_outer(method, state, outer);
    tpost_text_digits(method, state, sign);
}

void tpost_text_sign(const tpost_key *key, char *text, size_t len, char *sign)
{
    size_t blocks = tpost_text_pad((uint8_t *)text, len, TPOST_BLOCK_SIZE, key->method->order);

    tpost_text_finish(key->method, key->inner, key->outer, (const uint8_t *)text, blocks, sign);
}

/* ---- Devices ----------------------------------------------------------------------------------------------------- */

void tpost_text_device_init(tpost_text_device *ready, const tpost_device *device)
{
    const tpost_method *method = device->key.method;
    uint64_t before;

    ready->device = *device;
    ready->at = (size_t)device->length % TPOST_BLOCK_SIZE;
    before = device->length - ready->at;
    tpost_text_bytes(ready->text, device->block, method->order);
    ready->blocks = tpost_text_pad(ready->text, ready->at + TPOST_TEXT_TIMESTAMP, before, method->order);
}

void tpost_text_device_sign(const tpost_text_device *ready, const char *timestamp, char *sign)
{
    uint8_t text[sizeof ready->text];

    memcpy(text, ready->text, sizeof text);
    memcpy(text + ready->at, timestamp, TPOST_TEXT_TIMESTAMP);
    tpost_text_finish(ready->device.key.method, ready->device.state, ready->device.key.outer, text, ready->blocks,
                      sign);
}

/* ---- Verifying --------------------------------------------------------------------------------------------------- */

int tpost_text_verify(const tpost_key *key, char *text, size_t len, const char *sign, size_t sign_len)
{
    char expected[TPOST_SIGN_SIZE];
    unsigned difference;

    tpost_text_sign(key, text, len, expected);
    difference = sign_len != 2 * tpost_method_digest_size(key->method) || tpost_digits_differ(expected, sign, sign_len);
    TPOST_DECLASSIFY(&difference, sizeof difference); /* the verdict: the one secret that becomes public */
    return difference == 0;
}

/* ---- Wiping ------------------------------------------------------------------------------------------------------ */

/* How far below a caller of the functions above their calls reach, in bytes; test_bridge_stack checks that it is enough. */
#define TPOST_TEXT_DEAD_STACK 768

TPOST_NOINLINE void tpost_text_forget(void)
{
    /* Word by word: for a call or an instruction that clears memory this is too little to pay. */
    size_t dead[TPOST_TEXT_DEAD_STACK / sizeof(size_t)];
    volatile size_t *volatile start = dead;
    volatile size_t *at = start;
    unsigned i;

    for (i = 0; i < TPOST_TEXT_DEAD_STACK / sizeof(size_t); i += 4) {
        at[i] = 0;
        at[i + 1] = 0;
        at[i + 2] = 0;
        at[i + 3] = 0;
    }
}
