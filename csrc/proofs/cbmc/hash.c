/*
 * hash.c: for CBMC: blocks are filled and padded as RFC 1321, FIPS 180-4 and RFC 2104 say, and block functions have no run-time
 * error, whatever the input. A method is put in the place of the three whose block function keeps what it is given.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "any.h"

enum { BLOCKS = 3, MOST = 2 * 64 + 1 };

static uint8_t seen[BLOCKS][64];
static size_t seen_count;
static unsigned order;

static void keep(uint32_t *state, uint32_t *block)
{
    unsigned i;

    (void)state;
    assert(seen_count < BLOCKS);
    for (i = 0; i < 64; i++) {
        seen[seen_count][i] = (uint8_t)(block[i / 4] >> TPOST_BYTE_SHIFT(i, order));
    }
    seen_count++;
}

static const uint32_t initial[TPOST_STATE_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8};
static const tpost_method methods[2] = {{keep, initial, 4, 0}, {keep, initial, 8, 3}};
static uint8_t data[MOST];

static void begin(tpost_hash *hash, const tpost_method *method)
{
    order = method->order;
    seen_count = 0;
    tpost_hash_init(hash, method);
}

/* Any data, in two pieces, then the padding: the blocks are the data, 0x80, zeros, and the length in bits. */
static void check_padding(const tpost_method *method, size_t len, size_t first)
{
    tpost_hash hash;
    uint8_t digest[TPOST_DIGEST_SIZE];
    size_t end = (len + 9 + 63) / 64 * 64;
    size_t at;

    begin(&hash, method);
    tpost_hash_update(&hash, data, first);
    tpost_hash_update(&hash, data + first, len - first);
    tpost_hash_digest(&hash, digest);
    assert(seen_count == end / 64);
    for (at = 0; at < end; at++) {
        uint8_t byte = at < len ? data[at] : (at == len ? 0x80 : 0);

        if (at >= end - 8) {
            byte = (uint8_t)((uint64_t)len * 8 >> (order == 0 ? 8 * (at - (end - 8)) : 8 * (end - 1 - at)));
        }
        assert(seen[at / 64][at % 64] == byte);
    }
}

/* Lengths around each border, one after the other: a proof for all at once takes too long. */
void padding(void)
{
    static const size_t lens[] = {0, 1, 3, 4, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, MOST};
    size_t i;

    any_bytes(data, MOST);
    for (i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check_padding(&methods[0], lens[i], lens[i] / 3);
        check_padding(&methods[1], lens[i], lens[i] / 2);
    }
}

/* Any key of up to 64 bytes: the block is the key, filled up with zeros, XOR the pad. */
void key(void)
{
    size_t len;
    size_t i;

    any_bytes(data, 64);
    for (len = 0; len <= 64; len++) {
        tpost_hash hash;

        begin(&hash, &methods[len % 2]);
        tpost_hash_key(&hash, data, len, TPOST_IPAD);
        assert(seen_count == 1 && hash.length == 64);
        for (i = 0; i < 64; i++) {
            assert(seen[0][i] == ((i < len ? data[i] : 0) ^ 0x36));
        }
    }
}

/* Any state, any block */
static void compress(const tpost_method *method)
{
    uint32_t state[TPOST_STATE_WORDS];
    uint32_t block[TPOST_BLOCK_WORDS];

    any_bytes(state, sizeof state);
    any_bytes(block, sizeof block);
    TPOST_COMPRESS(method, state, block);
}

void md5(void)
{
    compress(&tpost_hmacmd5);
}

void sha1(void)
{
    compress(&tpost_hmacsha1);
}

void sha256(void)
{
    compress(&tpost_hmacsha256);
}
