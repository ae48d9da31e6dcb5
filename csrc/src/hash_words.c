/*
 * hash_words.c: streaming, padding and keys, once for the three hashes: fully unrolled code.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#if TPOST_UNROLL == 2

/* Four bytes as a word. Compilers make a single load of either where the machine has one. */
static uint32_t tpost_load_low_first(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t tpost_load_high_first(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void tpost_load_words(uint32_t *words, const uint8_t *bytes, size_t n, unsigned order)
{
    if (order == 0) {
        for (; n > 0; n--) {
            *words++ = tpost_load_low_first(bytes);
            bytes += 4;
        }
    } else {
        for (; n > 0; n--) {
            *words++ = tpost_load_high_first(bytes);
            bytes += 4;
        }
    }
}
/* Put n bytes into the block, which has room for them. The block is not compressed, even when it is full. */
static void tpost_hash_fill(tpost_hash *hash, const uint8_t *bytes, size_t n)
{
    unsigned order = TPOST_ORDER(hash->method);
    unsigned at = (unsigned)hash->length & 63u;
    size_t i = 0;

    while (i < n) {
        uint32_t *word = &hash->block[at >> 2];
        if ((at & 3u) == 0 && n - i >= 4) {
            size_t words = (n - i) / 4;

            tpost_load_words(word, bytes + i, words, order);
            at += 4 * (unsigned)words;
            i += 4 * words;
            continue;
        }
        /* The first byte of a word sets it, the other three join it: what the block held before does not matter. */
        *word = ((at & 3u) == 0 ? 0 : *word) | (uint32_t)bytes[i] << TPOST_BYTE_SHIFT(at, order);
        at++;
        i++;
    }
    hash->length += n;
}

TPOST_NOINLINE void tpost_hash_update(tpost_hash *hash, const void *data, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)data;

    while (len > 0) {
        size_t n = TPOST_BLOCK_SIZE - ((size_t)hash->length & 63u);

        if (n > len) {
            n = len;
        }
        tpost_hash_fill(hash, bytes, n);
        bytes += n;
        len -= n;
        if (((unsigned)hash->length & 63u) == 0) {
            TPOST_COMPRESS(hash->method, hash->state, hash->block);
        }
    }
}

/* Zero words from at to before end. Volatile: no call of memset. */
static void tpost_zero_words(uint32_t *block, unsigned at, unsigned end)
{
    volatile uint32_t *to = block;

    for (; at < end; at++) {
        to[at] = 0;
    }
}

/* Put the one bit after the data, then zeros up to the length's place, with a compression where that is in the next block. */
static void tpost_hash_pad(tpost_hash *hash)
{
    unsigned used = (unsigned)hash->length & 63u;
    unsigned at = used / 4;
    uint32_t one_bit = (uint32_t)0x80 << TPOST_BYTE_SHIFT(used, TPOST_ORDER(hash->method));

    hash->block[at] = ((used & 3u) == 0 ? 0 : hash->block[at]) | one_bit;
    at++;
    if (at > 14) {
        tpost_zero_words(hash->block, at, TPOST_BLOCK_WORDS);
        TPOST_COMPRESS(hash->method, hash->state, hash->block);
        at = 0;
    }
    tpost_zero_words(hash->block, at, 14);
}

/* Pad and compress the rest: the state is then the digest, in words. */
static void tpost_hash_close(tpost_hash *hash)
{
    unsigned odd = TPOST_ORDER(hash->method) & 1u;
    uint32_t low = (uint32_t)hash->length << 3;
    uint32_t high = (uint32_t)(hash->length >> 29);

    tpost_hash_pad(hash);
    /* The length in bits is the last 64-bit number: MD5 puts its low word first, SHA its high word. */
    hash->block[14u + odd] = low;
    hash->block[15u - odd] = high;
    TPOST_COMPRESS(hash->method, hash->state, hash->block);
}

unsigned tpost_hash_digest(tpost_hash *hash, uint8_t *digest)
{
    tpost_hash_close(hash);
    if (digest == (uint8_t *)hash->block) {
        tpost_copy_words(hash->block, hash->state, TPOST_STATE_WORDS);
    } else {
        tpost_store_words(hash, digest);
    }
    return 4 * TPOST_WORDS(hash->method);
}

void tpost_hash_key(tpost_hash *hash, const void *key, size_t key_len, unsigned pad)
{
    uint32_t pads = TPOST_IN_EACH_BYTE(pad);
    unsigned i;

    tpost_hash_start(hash, 0);
    if (key_len > TPOST_BLOCK_SIZE) {
        /* A long key is replaced by its hash (RFC 2104 2). */
        tpost_hash_update(hash, key, key_len);
        (void)tpost_hash_digest(hash, (uint8_t *)hash->block);
        tpost_zero_words(hash->block, TPOST_WORDS(hash->method), TPOST_BLOCK_WORDS);
        tpost_hash_start(hash, 0);
    } else {
        tpost_clear_words(hash->block, TPOST_BLOCK_WORDS);
        tpost_hash_fill(hash, (const uint8_t *)key, key_len);
    }
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        hash->block[i] ^= pads;
    }
    TPOST_COMPRESS(hash->method, hash->state, hash->block);
    hash->length = TPOST_BLOCK_SIZE;
}

#endif
