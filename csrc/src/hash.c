/*
 * hash.c: what is the same however a hash holds its block: see hash_words.c and hash_bytes.c.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "internal.h"

void tpost_hash_start(tpost_hash *hash, unsigned length)
{
    const uint32_t *initial = TPOST_INITIAL(hash->method);
    unsigned i;

    hash->length = length;
    for (i = 0; i < TPOST_STATE_WORDS; i++) {
        ((volatile uint32_t *)hash->state)[i] = TPOST_FLASH_WORD(&initial[i]);
    }
}

void tpost_hash_init(tpost_hash *hash, const tpost_method *method)
{
    hash->method = method;
    tpost_hash_start(hash, 0);
}

void tpost_hash_final(tpost_hash *hash, uint8_t *digest)
{
    (void)tpost_hash_digest(hash, digest);
    tpost_forget(hash);
}

size_t tpost_method_digest_size(const tpost_method *method)
{
    (void)method; /* not read where there is one method only */
    return (size_t)TPOST_WORDS(method) * 4;
}
