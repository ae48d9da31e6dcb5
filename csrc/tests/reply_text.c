/*
 * reply_text.c: prints what the reader makes of replies, for tests that compare it with other readers.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Standard input: cases, one after the other, each a line "auth|topic TOKEN-SIZE PIECE-SIZE LENGTH" and LENGTH bytes, after which
 * the peer closes. A piece size of 0 means all at once.
 * Standard output: a line for each, "RESULT HTTP-STATUS CODE RETRY-AFTER REUSABLE USED ANSWER"; ANSWER is the token, or the
 * message id, where there is one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thingpost.h"

static const char *name_of(tpost_status status)
{
    switch (status) {
    case TPOST_OK:
        return "ok";
    case TPOST_PARTIAL:
        return "partial";
    case TPOST_MALFORMED:
        return "malformed";
    case TPOST_TOO_LONG:
        return "too-long";
    default:
        return "?";
    }
}

static void read_reply(int is_auth, size_t token_size, size_t piece, const char *bytes, size_t len)
{
    char *token = is_auth ? malloc(token_size + 1) : NULL; /* of its size, so that a sanitizer sees an overrun */
    char id[TPOST_U64_SIZE];
    tpost_reply reply;
    tpost_status status = TPOST_PARTIAL;
    size_t at = 0;

    tpost_reply_begin(&reply, token, is_auth ? token_size : 0);
    while (at < len && status == TPOST_PARTIAL) {
        size_t size = piece > 0 && piece < len - at ? piece : len - at;
        char *copy = malloc(size);
        size_t used;

        memcpy(copy, bytes + at, size);
        status = tpost_reply_feed(&reply, copy, size, &used);
        at += used;
        free(copy);
    }
    status = tpost_reply_end(&reply);
    tpost_u64_text(reply.message_id, id);
    printf("%s %u %ld %lu %u %lu %s\n", name_of(status), reply.status, (long)reply.code,
           (unsigned long)reply.retry_after, reply.reusable, (unsigned long)at,
           status != TPOST_OK || reply.code != 0 ? ""
           : is_auth                             ? token
                                                 : id);
    free(token);
}

int main(void)
{
    char kind[8];
    unsigned long token_size;
    unsigned long piece;
    unsigned long len;

    while (scanf("%7s %lu %lu %lu", kind, &token_size, &piece, &len) == 4) {
        char *bytes = malloc(len + 1);

        if (bytes == NULL || getchar() != '\n' || fread(bytes, 1, len, stdin) != len) {
            return 1;
        }
        read_reply(strcmp(kind, "auth") == 0, token_size, piece, bytes, len);
        free(bytes);
    }
    return 0;
}
