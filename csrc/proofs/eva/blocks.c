/*
 * Any state and any block through a method's block function. sign.c has any_compress() in its place.
 */
#include "any.h"
#include "internal.h"

static uint32_t state[TPOST_STATE_WORDS];
static uint32_t block[TPOST_BLOCK_WORDS];

void main(void)
{
    any_bytes(state, sizeof state);
    any_bytes(block, sizeof block);
    ANY_METHOD.compress(state, block);
}
