/*
 * hash_bytes.c: streaming, padding and keys, once for the three hashes: for microcontrollers.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#if TPOST_UNROLL < 2

/* The order of the machine's own words, as TPOST_BYTE_SHIFT has it. Compilers know the answer. */
static unsigned tpost_machine_order(void)
{
    const uint32_t one = 1;

    return 3u * (1u - *(const uint8_t *)&one);
}

/* XORed with a byte's number: where that byte stands in words that hold bytes in the method's order. */
static unsigned tpost_place(const tpost_hash *hash)
{
    (void)hash; /* not read where there is one method only */
    return TPOST_ORDER(hash->method) ^ tpost_machine_order();
}

static void tpost_hash_mix(tpost_hash *hash)
{
    TPOST_COMPRESS(hash->method, hash->state, hash->block);
}

TPOST_NOINLINE void tpost_hash_update(tpost_hash *hash, const void *data, size_t len)
{
    const uint8_t *from = (const uint8_t *)data;
    uint8_t *block = (uint8_t *)hash->block;
    unsigned place = tpost_place(hash);
    unsigned at = (unsigned)hash->length & 63u;

    hash->length += len;
    while (len > 0) {
        block[at ^ place] = *from;
        from++;
        at++;
        len--;
        if (at == TPOST_BLOCK_SIZE) {
            tpost_hash_mix(hash);
            at = 0;
        }
    }
}

/* Write the digest that is in the state, and return its bytes. */
static unsigned tpost_store(const tpost_hash *hash, uint8_t *digest, unsigned place)
{
    const volatile uint8_t *state = (const uint8_t *)hash->state; /* volatile: no call of memcpy */
    unsigned size = 4 * TPOST_WORDS(hash->method);
    unsigned i;

    for (i = size; i > 0;) {
        i--;
        digest[i] = state[i ^ place];
    }
    return size;
}

unsigned tpost_hash_digest(tpost_hash *hash, uint8_t *digest)
{
    uint8_t *block = (uint8_t *)hash->block;
    uint32_t low;
    uint32_t high;
    unsigned order = TPOST_ORDER(hash->method);
    unsigned place = tpost_place(hash);
    unsigned at = (unsigned)hash->length & 63u;
    unsigned byte = 0x80;

#if TPOST_UNROLL == 0
    do {
        block[at ^ place] = (uint8_t)byte;
        byte = 0;
        at++;
        if (at == TPOST_BLOCK_SIZE) {
            tpost_hash_mix(hash);
            at = 0;
        }
    } while (at != 56);
#else
    do {
        block[at ^ place] = (uint8_t)byte;
        byte = 0;
        at++;
    } while ((at & 3u) != 0);
    at /= 4;
    while (at != 14) {
        if (at == TPOST_BLOCK_WORDS) {
            tpost_hash_mix(hash);
            at = 0;
        }
        hash->block[at] = 0;
        at++;
    }
#endif
    low = (uint32_t)hash->length << 3;
    high = (uint32_t)(hash->length >> 29);
    /* The length in bits is the last 64-bit number: MD5 puts its low word first, SHA its high word. */
    hash->block[15] = order == 0 ? high : low;
    hash->block[14] = order == 0 ? low : high;
    tpost_hash_mix(hash);
    /* In the block, words stay words. */
    return tpost_store(hash, digest, digest == block ? 0 : place);
}

#if TPOST_UNROLL == 0
void tpost_hash_key(tpost_hash *hash, const void *key, size_t key_len, unsigned pad)
{
    const uint8_t *from = (const uint8_t *)key;
    uint8_t *block;
    unsigned place = tpost_place(hash);
    size_t i;

    block = (uint8_t *)hash->block;
    if (key_len > TPOST_BLOCK_SIZE) {
        /* A long key is replaced by its hash (RFC 2104 2), which waits in the second half of the block. */
        tpost_hash_start(hash, 0);
        tpost_hash_update(hash, key, key_len);
        from = block + TPOST_BLOCK_SIZE / 2;
        key_len = tpost_hash_digest(hash, block + TPOST_BLOCK_SIZE / 2);
    }
    tpost_hash_start(hash, TPOST_BLOCK_SIZE);
    for (i = 0; i < TPOST_BLOCK_SIZE; i++) {
        block[i ^ place] = (uint8_t)((i < key_len ? from[i] : 0u) ^ pad);
    }
    tpost_hash_mix(hash);
}

#else
void tpost_hash_key(tpost_hash *hash, const void *key, size_t key_len, unsigned pad)
{
    const uint8_t *from = (const uint8_t *)key;
    volatile uint32_t *words; /* volatile: no call of memset */
    uint8_t *block;
    unsigned place = tpost_place(hash);
    unsigned digest = 0;
    size_t i;

    words = hash->block;
    block = (uint8_t *)hash->block;
    if (key_len > TPOST_BLOCK_SIZE) {
        /* A long key is replaced by its hash (RFC 2104 2), which stays in the block, as words. */
        tpost_hash_start(hash, 0);
        tpost_hash_update(hash, key, key_len);
        digest = tpost_hash_digest(hash, block) / 4;
        key_len = 0;
    }
    tpost_hash_start(hash, TPOST_BLOCK_SIZE);
    for (i = digest; i < TPOST_BLOCK_WORDS; i++) {
        words[i] = 0;
    }
    for (i = 0; i < key_len; i++) {
        block[i ^ place] = from[i];
    }
    for (i = 0; i < TPOST_BLOCK_WORDS; i++) {
        hash->block[i] ^= TPOST_IN_EACH_BYTE(pad);
    }
    tpost_hash_mix(hash);
}
#endif

#endif
