/*
 * hash_bytes.c: streaming, padding and keys, once for the three hashes: for small code.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

#if TPOST_UNROLL == 0

/* Byte i of the block. An address that is computed where it is needed: GCC would keep it in a register that is needed more. */
#define TPOST_BLOCK_BYTE(hash, i) (((uint8_t *)(hash)->block)[(i)])

/* The order of the machine's own words, as TPOST_BYTE_SHIFT has it. Compilers know the answer. */
static unsigned tpost_machine_order(void)
{
    const uint32_t one = 1;

    return 3u * (1u - *(const uint8_t *)&one);
}

/* Make words of bytes, or bytes of words, in place. */
TPOST_NOINLINE static void tpost_swap(const tpost_method *method, uint32_t *words, unsigned n)
{
    if (TPOST_ORDER(method) == tpost_machine_order()) {
        return;
    }
    for (; n > 0; n--) {
        uint32_t x = *words;

        *words++ = x >> 24 | (x >> 8 & 0xff00u) | (x << 8 & 0xff0000u) | x << 24;
    }
}

/* Mix the block into the state; its first n words are still bytes. */
static void tpost_hash_mix(tpost_hash *hash, unsigned n)
{
    tpost_swap(hash->method, hash->block, n);
    TPOST_COMPRESS(hash->method, hash->state, hash->block);
}

TPOST_NOINLINE void tpost_hash_update(tpost_hash *hash, const void *data, size_t len)
{
    const uint8_t *from = (const uint8_t *)data;
    unsigned at = (unsigned)hash->length & 63u;

    hash->length += len;
    while (len > 0) {
        TPOST_BLOCK_BYTE(hash, at) = *from;
        from++;
        at++;
        len--;
        if (at == TPOST_BLOCK_SIZE) {
            tpost_hash_mix(hash, TPOST_BLOCK_WORDS);
            at = 0;
        }
    }
}

void tpost_hash_close(tpost_hash *hash)
{
    unsigned odd = TPOST_ORDER(hash->method) & 1u;
    unsigned at = (unsigned)hash->length & 63u;
    unsigned byte = 0x80;

    do {
        TPOST_BLOCK_BYTE(hash, at) = (uint8_t)byte;
        byte = 0;
        at++;
        if (at == TPOST_BLOCK_SIZE) {
            tpost_hash_mix(hash, TPOST_BLOCK_WORDS);
            at = 0;
        }
    } while (at != 56);
    /* The length in bits is the last 64-bit number: MD5 puts its low word first, SHA its high word. */
    hash->block[14u + odd] = (uint32_t)hash->length << 3;
    hash->block[15u - odd] = (uint32_t)(hash->length >> 29);
    tpost_hash_mix(hash, 14);
}

void tpost_hash_store(tpost_hash *hash, uint8_t *digest)
{
    const volatile uint8_t *bytes = (const uint8_t *)hash->state; /* volatile: no call of memcpy */
    unsigned n = 4 * TPOST_WORDS(hash->method);

    tpost_swap(hash->method, hash->state, TPOST_STATE_WORDS);
    while (n > 0) {
        n--;
        digest[n] = bytes[n];
    }
}

void tpost_hash_turn(tpost_hash *hash)
{
    tpost_hash_store(hash, (uint8_t *)hash->block);
}

void tpost_hash_key(tpost_hash *hash, const tpost_method *method, const void *key, size_t key_len, unsigned pad)
{
    const uint8_t *from = (const uint8_t *)key;
    size_t i;

    tpost_hash_init(hash, method);
    if (key_len > TPOST_BLOCK_SIZE) {
        /* A long key is replaced by its hash (RFC 2104 2). */
        tpost_hash_update(hash, key, key_len);
        tpost_hash_close(hash);
        tpost_hash_turn(hash);
        tpost_hash_init(hash, method);
        from = &TPOST_BLOCK_BYTE(hash, 0);
        key_len = (size_t)4 * TPOST_WORDS(method);
    }
    for (i = 0; i < TPOST_BLOCK_SIZE; i++) {
        TPOST_BLOCK_BYTE(hash, i) = (uint8_t)((i < key_len ? from[i] : 0u) ^ pad);
    }
    tpost_hash_mix(hash, TPOST_BLOCK_WORDS);
    hash->length = TPOST_BLOCK_SIZE;
}

#endif
