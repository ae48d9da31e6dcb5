/*
 * kernel.h: everything that is done to all rows of a group at once. Each width's unit includes it.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * A unit defines TPOST_LANES and TPOST_LANES_NAME (sse2, avx2, ...), and is compiled with the flags of its machine.
 * Nothing here branches or looks up by data that depends on a secret.
 */
#include "vector.h"

#include "md5.h"
#include "sha1.h"
#include "sha256.h"

/* The others have one stream: their registers are full. */
#define TPOST_BLOCK_VECS (TPOST_BLOCK_WORDS * TPOST_MD5_STREAMS)
#define TPOST_STATE_VECS (4 * TPOST_MD5_STREAMS > 8 ? 4 * TPOST_MD5_STREAMS : 8)

/* A hash, as far as the functions below differ by it. Every use is inlined, so that all of this is constant. */
typedef struct tpost_vec_hash {
    void (*compress)(tpost_vec *state, tpost_vec *block);
    const uint32_t *start;
    unsigned words; /* in the digest */
    unsigned streams;
    int big;   /* is the first byte of a word its highest? */
    int keeps; /* does compress leave the block as it is? Else there is one stream. */
} tpost_vec_hash;

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

/* block = the bytes from `at` on of every window, XOR pad. */
TPOST_INLINE void tpost_vec_block(const tpost_vec_hash *hash, tpost_vec *block, const tpost_group *group, size_t at,
                                  uint32_t pad)
{
    unsigned s;
    unsigned i;
    unsigned j;

    for (s = 0; s < hash->streams; s++) {
        const uint8_t *window = group->windows[s * TPOST_LANES] + at;

        for (i = 0; i < TPOST_BLOCK_WORDS; i += 4) {
            tpost_vec four[4];

            tpost_load_four(four, window + 4 * i, TPOST_WINDOW_SIZE);
            for (j = 0; j < 4; j++) {
                block[(i + j) * hash->streams + s] = tpost_vec_order(four[j], hash->big) ^ tpost_vec_of(pad);
            }
        }
    }
}

/* The outer hash's last block: the inner digest, and the padding of 64 bytes and a digest. */
TPOST_INLINE void tpost_vec_digest_block(const tpost_vec_hash *hash, tpost_vec *block, const tpost_vec *digest)
{
    unsigned n = hash->words * hash->streams;
    unsigned i;

    for (i = 0; i < n; i++) {
        block[i] = digest[i];
    }
    for (; i < TPOST_BLOCK_WORDS * hash->streams; i++) {
        block[i] = tpost_vec_of(0);
    }
    for (i = 0; i < hash->streams; i++) {
        block[n + i] = tpost_vec_of(hash->big ? 0x80000000u : 0x80u);
        block[(hash->big ? 15 : 14) * hash->streams + i] = tpost_vec_of(8 * (TPOST_BLOCK_SIZE + 4 * hash->words));
    }
}

/* ---- Digits ------------------------------------------------------------------------------------------------------ */

/* Write the signatures to the beginning of the windows. Of SHA-1's last four words only one is a digest's. */
TPOST_INLINE void tpost_vec_write(const tpost_vec_hash *hash, tpost_group *group, const tpost_vec *digest)
{
    unsigned s;
    unsigned i;
    unsigned j;

    for (s = 0; s < hash->streams; s++) {
        uint8_t *window = group->windows[s * TPOST_LANES];

        for (i = 0; i < hash->words; i += 4) {
            tpost_vec four[4];

            for (j = 0; j < 4; j++) {
                unsigned word = i + j < hash->words ? i + j : i;

                four[j] = tpost_vec_order(digest[word * hash->streams + s], hash->big);
            }
            tpost_store_digits(window + 8 * i, four);
        }
    }
}

/* ---- The three things that a kernel does ------------------------------------------------------------------------- */

TPOST_INLINE void tpost_vec_start(const tpost_vec_hash *hash, uint32_t *state)
{
    tpost_vec *words = (tpost_vec *)(void *)state;
    unsigned i;

    for (i = 0; i < hash->words * hash->streams; i++) {
        words[i] = tpost_vec_of(hash->start[i / hash->streams]);
    }
}

TPOST_INLINE void tpost_vec_prepare(const tpost_vec_hash *hash, tpost_group *group)
{
    tpost_vec block[TPOST_BLOCK_VECS];
    tpost_vec kept[TPOST_BLOCK_WORDS];
    unsigned i;

    tpost_vec_block(hash, block, group, 0, TPOST_IN_EACH_BYTE(TPOST_IPAD));
    for (i = 0; i < TPOST_BLOCK_WORDS && !hash->keeps; i++) {
        kept[i] = block[i];
    }
    tpost_vec_start(hash, group->inner);
    hash->compress((tpost_vec *)(void *)group->inner, block);
    for (i = 0; i < TPOST_BLOCK_WORDS * hash->streams; i++) {
        block[i] = (hash->keeps ? block[i] : kept[i]) ^ tpost_vec_of(TPOST_IN_EACH_BYTE(TPOST_IPAD ^ TPOST_OPAD));
    }
    tpost_vec_start(hash, group->outer);
    hash->compress((tpost_vec *)(void *)group->outer, block);
}

/* State words of the rows' prepared keys, side by side. `from` is those of the first one. */
TPOST_INLINE void tpost_vec_load_states(const tpost_vec_hash *hash, uint32_t *state, const uint32_t *from)
{
    tpost_vec *words = (tpost_vec *)(void *)state;
    unsigned s;
    unsigned i;
    unsigned j;

    for (s = 0; s < hash->streams; s++) {
        const uint8_t *row = (const uint8_t *)from + s * TPOST_LANES * sizeof(tpost_key);

        for (i = 0; i < hash->words; i += 4) {
            tpost_vec four[4];

            tpost_load_four(four, row + 4 * i, sizeof(tpost_key));
            for (j = 0; j < 4 && i + j < hash->words; j++) {
                words[(i + j) * hash->streams + s] = four[j];
            }
        }
    }
}

TPOST_INLINE void tpost_vec_load(const tpost_vec_hash *hash, tpost_group *group, const tpost_key *keys)
{
    tpost_vec_load_states(hash, group->inner, keys->inner);
    tpost_vec_load_states(hash, group->outer, keys->outer);
}

/* Hash the contents: rows that have fewer blocks than others keep the state that they had after their last. */
TPOST_INLINE void tpost_vec_absorb(const tpost_vec_hash *hash, const tpost_group *group, tpost_vec *state,
                                   tpost_vec *block)
{
    const tpost_vec *blocks = (const tpost_vec *)(const void *)group->blocks;
    tpost_vec before[TPOST_STATE_VECS];
    unsigned n = hash->words * hash->streams;
    uint32_t at;
    unsigned i;

    for (at = 0; at < group->most_blocks; at++) {
        for (i = 0; i < n; i++) {
            before[i] = state[i];
        }
        tpost_vec_block(hash, block, group, (size_t)at * TPOST_BLOCK_SIZE, 0);
        hash->compress(state, block);
        if (at >= group->least_blocks) {
            for (i = 0; i < n; i++) {
                state[i] = tpost_vec_choose(blocks[i % hash->streams], at, state[i], before[i]);
            }
        }
    }
}

TPOST_INLINE void tpost_vec_sign(const tpost_vec_hash *hash, tpost_group *group)
{
    tpost_vec block[TPOST_BLOCK_VECS];
    tpost_vec state[TPOST_STATE_VECS];
    const tpost_vec *inner = (const tpost_vec *)(const void *)group->inner;
    const tpost_vec *outer = (const tpost_vec *)(const void *)group->outer;
    unsigned i;

    for (i = 0; i < hash->words * hash->streams; i++) {
        state[i] = inner[i];
    }
    tpost_vec_absorb(hash, group, state, block);
    tpost_vec_digest_block(hash, block, state);
    for (i = 0; i < hash->words * hash->streams; i++) {
        state[i] = outer[i];
    }
    hash->compress(state, block);
    tpost_vec_write(hash, group, state);
}

/* ---- Nine functions and their table ------------------------------------------------------------------------------ */

#define TPOST_VEC_HASH(name, words, streams, big, keeps)                                                               \
    {tpost_##name##_vec, tpost_hmac##name.initial, words, streams, big, keeps}
#define TPOST_KERNEL(name, hash_words, hash_streams, hash_big, hash_keeps)                                             \
    static void tpost_prepare_##name(tpost_group *group)                                                               \
    {                                                                                                                  \
        const tpost_vec_hash hash = TPOST_VEC_HASH(name, hash_words, hash_streams, hash_big, hash_keeps);              \
                                                                                                                       \
        tpost_vec_prepare(&hash, group);                                                                               \
    }                                                                                                                  \
    static void tpost_load_##name(tpost_group *group, const tpost_key *keys)                                           \
    {                                                                                                                  \
        const tpost_vec_hash hash = TPOST_VEC_HASH(name, hash_words, hash_streams, hash_big, hash_keeps);              \
                                                                                                                       \
        tpost_vec_load(&hash, group, keys);                                                                            \
    }                                                                                                                  \
    static void tpost_sign_##name(tpost_group *group)                                                                  \
    {                                                                                                                  \
        const tpost_vec_hash hash = TPOST_VEC_HASH(name, hash_words, hash_streams, hash_big, hash_keeps);              \
                                                                                                                       \
        tpost_vec_sign(&hash, group);                                                                                  \
    }

TPOST_KERNEL(md5, 4, TPOST_MD5_STREAMS, 0, 1)
TPOST_KERNEL(sha1, 5, 1, 1, 0)
TPOST_KERNEL(sha256, 8, 1, 1, 0)

#define TPOST_TEXT2(name) #name
#define TPOST_TEXT(name) TPOST_TEXT2(name)
#define TPOST_OBJECT2(name) tpost_lanes_##name
#define TPOST_OBJECT(name) TPOST_OBJECT2(name)

const tpost_lanes TPOST_OBJECT(TPOST_LANES_NAME) = {
    TPOST_TEXT(TPOST_LANES_NAME),
    TPOST_LANES,
    {TPOST_LANES * TPOST_MD5_STREAMS, tpost_prepare_md5, tpost_load_md5, tpost_sign_md5},
    {TPOST_LANES, tpost_prepare_sha1, tpost_load_sha1, tpost_sign_sha1},
    {TPOST_LANES, tpost_prepare_sha256, tpost_load_sha256, tpost_sign_sha256},
};
