/* Any reply, in any pieces, into a token buffer of any size. */
#include "any.h"

static unsigned char bytes[ANY_MOST];

static void read_any(tpost_reply *reply)
{
    size_t used = 0;

    any_bytes(bytes, sizeof bytes);
    while (Frama_C_nondet(0, 1)) {
        tpost_reply_feed(reply, bytes, any_size(0, sizeof bytes), Frama_C_nondet(0, 1) ? &used : NULL);
        any_bytes(bytes, sizeof bytes);
    }
    tpost_reply_end(reply);
}

void auth(void)
{
    static char token[ANY_MOST + 8];
    tpost_reply reply;

    tpost_reply_begin(&reply, token, any_size(1, sizeof token));
    read_any(&reply);
}

void topic(void)
{
    tpost_reply reply;

    tpost_reply_begin(&reply, NULL, 0);
    read_any(&reply);
}
