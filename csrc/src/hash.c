/*
 * hash.c: streaming and padding, once for the three hashes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

void tpost_hash_init(tpost_hash *hash, const tpost_method *method)
{
    unsigned i;

    hash->method = method;
    hash->length = 0;
    for (i = 0; i < TPOST_STATE_WORDS; i++) {
        ((volatile uint32_t *)hash->state)[i] = TPOST_FLASH_WORD(&method->initial[i]);
    }
}

#if TPOST_UNROLL > 0
/* Four bytes as one word. Compilers make a single load of this where the machine has one. */
static uint32_t tpost_load(const uint8_t *p, unsigned order)
{
    uint32_t low_first = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    uint32_t high_first = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];

    return order == 0 ? low_first : high_first;
}
#endif

void tpost_hash_fill(tpost_hash *hash, const uint8_t *bytes, size_t n)
{
    unsigned order = hash->method->order;
    unsigned at = (unsigned)hash->length & 63u;
    size_t i = 0;

    while (i < n) {
        uint32_t *word = &hash->block[at >> 2];
#if TPOST_UNROLL > 0
        if ((at & 3u) == 0 && n - i >= 4) {
            *word = tpost_load(bytes + i, order);
            at += 4;
            i += 4;
            continue;
        }
#endif
        /* The first byte of a word sets it, the other three join it: what the block held before does not matter. */
        *word = ((at & 3u) == 0 ? 0 : *word) | (uint32_t)bytes[i] << TPOST_BYTE_SHIFT(at, order);
        at++;
        i++;
    }
    hash->length += n;
}

void tpost_hash_update(tpost_hash *hash, const void *data, size_t len)
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
            hash->method->compress(hash->state, hash->block);
        }
    }
}

void tpost_hash_close(tpost_hash *hash)
{
    static const uint8_t one_bit = 0x80;
    unsigned odd = hash->method->order & 1u;
    unsigned at = ((unsigned)hash->length & 63u) / 4;
    uint32_t low = (uint32_t)hash->length << 3;
    uint32_t high = (uint32_t)(hash->length >> 29);

    tpost_hash_fill(hash, &one_bit, 1);
    at++;
    while (at != 14) {
        if (at == TPOST_BLOCK_WORDS) {
            hash->method->compress(hash->state, hash->block);
            at = 0;
        } else {
            hash->block[at] = 0;
            at++;
        }
    }
    /* The length in bits is the last 64-bit number: MD5 puts its low word first, SHA its high word. */
    hash->block[14u + odd] = low;
    hash->block[15u - odd] = high;
    hash->method->compress(hash->state, hash->block);
}

void tpost_hash_store(const tpost_hash *hash, uint8_t *digest)
{
    unsigned order = hash->method->order;
    unsigned size = 4u * hash->method->words;
    unsigned i;

    for (i = 0; i < size; i++) {
        digest[i] = (uint8_t)(hash->state[i >> 2] >> TPOST_BYTE_SHIFT(i, order));
    }
}

void tpost_hash_final(tpost_hash *hash, uint8_t *digest)
{
    tpost_hash_close(hash);
    tpost_hash_store(hash, digest);
    tpost_forget(hash);
}

size_t tpost_method_digest_size(const tpost_method *method)
{
    return (size_t)method->words * 4;
}
