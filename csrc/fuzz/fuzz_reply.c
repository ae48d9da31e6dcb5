/*
 * fuzz_reply.c: the reader of replies says what the slow reference says, however the bytes are cut into pieces.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Input: a byte for the endpoint and the token's room, a byte for the pieces, and the reply.
 */
#include "reply_reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(long long ours, long long theirs, const char *what)
{
    if (ours != theirs) {
        fprintf(stderr, "%s: the reader says %lld, the reference %lld\n", what, ours, theirs);
        abort();
    }
}

/* Feed pieces of sizes that a small generator gives. */
static tpost_status read_in_pieces(tpost_reply *reply, const uint8_t *bytes, size_t len, unsigned seed,
                                   size_t *all_used)
{
    size_t at = 0;

    while (at < len) {
        size_t piece = seed == 0 ? len : 1 + seed % 7;
        uint8_t *copy;
        size_t used;
        tpost_status status;

        piece = piece < len - at ? piece : len - at;
        copy = malloc(piece); /* of its size, so that a byte too far is seen */
        memcpy(copy, bytes + at, piece);
        status = tpost_reply_feed(reply, copy, piece, &used);
        free(copy);
        at += used;
        if (status != TPOST_PARTIAL) {
            break;
        }
        seed = seed == 0 ? 0 : (seed * 181 + 97) % 251 + 1;
    }
    *all_used = at;
    return tpost_reply_end(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static reference expected;
    tpost_reply reply;
    size_t token_size;
    char *token;
    size_t used;
    tpost_status status;

    if (size < 2) {
        return 0;
    }
    token_size = data[0] < 128 ? 0 : data[0] == 255 ? TPOST_TOKEN_MAX + 8 : data[0] - 127u;
    token = token_size > 0 ? malloc(token_size) : NULL;
    tpost_reply_begin(&reply, token, token_size);
    status = read_in_pieces(&reply, data + 2, size - 2, data[1], &used);
    reference_read(&expected, data + 2, size - 2, token_size);
    same(status, expected.result, "result");
    if (status == TPOST_OK) {
        same((long long)used, (long long)expected.used, "used");
        same(reply.status, expected.status, "status");
        same(reply.code, expected.code, "code");
        same(reply.retry_after, (long long)expected.retry_after, "retry_after");
        same(reply.reusable, expected.reusable, "reusable");
        if (reply.code == 0 && token_size == 0) {
            same((long long)reply.message_id, (long long)expected.message_id, "message_id");
        }
    }
    if (token_size > 0) {
        const char *wanted = status == TPOST_OK && reply.code == 0 ? expected.token : "";

        same((long long)strlen(token), (long long)reply.token_len, "token_len");
        same(strcmp(token, wanted), 0, "token");
    }
    free(token);
    return 0;
}
