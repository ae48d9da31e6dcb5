/*
 * test_dead_stack.c: after a call, the stack below the caller holds no secret and nothing that leads back to one.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Each call runs in a thread whose stack is memory of the test's. After it the stack below the caller is searched, at
 * every byte, for each 32-bit word (in either byte order) of: the secret, the key blocks, the midstates, the working
 * variables that lead from one state to the next, the last 16 schedule words of the key blocks, the inner digest and
 * the HMAC.
 * The signature itself goes to the caller, who owns it; it is not searched for where the caller asked for it.
 */
#define _POSIX_C_SOURCE 200809L
#include "painted_stack.h"

#define TEXT(name, value) TPOST_PARAM(name, value, sizeof(value) - 1)

enum { WAYS = 7, LEFT_WORDS = 512 };

static const tpost_param params[] = {TEXT("productKey", "a1GFjLPzqXp"), TEXT("deviceName", "device123"),
                                     TEXT("clientId", "a1GFjLPzqXp.device123 and then some more"),
                                     TEXT("timestamp", "1501668289957")};
static const char content[] = "clientIda1GFjLPzqXp.device123 and then some moredeviceNamedevice123productKeya1GFjLPzqXp"
                              "timestamp1501668289957";

/* What the thread works on: nothing of it is on the thread's stack. */
static struct {
    int way;
    const tpost_method *method;
    unsigned char secret[100];
    size_t secret_len;
    tpost_key key;
    tpost_device device;
    tpost_hash hash;
    uint8_t digest[TPOST_DIGEST_SIZE];
    char sign[TPOST_SIGN_SIZE];
    char received[TPOST_SIGN_SIZE];
    size_t received_len;
    tpost_status status;
    const volatile unsigned char *left; /* where the block begins that is left on purpose */
} job;

static const char *const way_names[WAYS] = {"tpost_sign",       "tpost_key_init",    "tpost_key_sign",
                                            "tpost_key_verify", "tpost_device_init", "tpost_device_sign",
                                            "tpost_hmac"};

static void *run(void *nothing)
{
    volatile unsigned char here = PAINT;

    (void)nothing;
    painted.top = &here;
    switch (job.way) {
    case 0:
        job.status = tpost_sign(job.method, job.secret, job.secret_len, params, 4, job.sign, sizeof job.sign);
        break;
    case 1:
        job.status = tpost_key_init(&job.key, job.method, job.secret, job.secret_len);
        break;
    case 2:
        job.status = tpost_key_sign(&job.key, params, 4, job.sign, sizeof job.sign);
        break;
    case 3:
        job.status = tpost_key_verify(&job.key, params, 4, job.received, job.received_len);
        break;
    case 4:
        job.status = tpost_device_init(&job.device, &job.key, params, 3);
        break;
    case 5:
        job.status = tpost_device_sign(&job.device, params[3].value, params[3].value_len, job.sign, sizeof job.sign);
        break;
    default:
        tpost_hmac(job.method, job.secret, job.secret_len, content, sizeof content - 1, job.digest);
        break;
    }
    return NULL;
}

/* ---- The secrets to look for ------------------------------------------------------------------------------------- */

static uint32_t turn(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* The last 16 words of the schedule (FIPS 180-4 6.1.2 and 6.2.2) of a block of 16 words; MD5's block has none. */
static void add_schedule(const uint32_t *block, int sha256, const char *what)
{
    uint32_t w[80];
    unsigned rounds = sha256 ? 64 : 80;
    unsigned t;

    memcpy(w, block, 64);
    for (t = 16; t < rounds; t++) {
        uint32_t x = w[t - 15];
        uint32_t y = w[t - 2];

        w[t] = sha256
                   ? (turn(y, 17) ^ turn(y, 19) ^ y >> 10) + w[t - 7] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3) + w[t - 16]
                   : turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 31);
    }
    painted_add_words(w + rounds - 16, 16, what);
}

/* The words of the block key XOR pad, as the method reads them */
static void key_block(const tpost_method *method, unsigned char pad, uint32_t *block)
{
    unsigned char bytes[TPOST_BLOCK_SIZE] = {0};
    tpost_hash hash;
    size_t i;

    if (job.secret_len > sizeof bytes) {
        tpost_hash_init(&hash, method);
        tpost_hash_update(&hash, job.secret, job.secret_len);
        tpost_hash_final(&hash, bytes);
    } else {
        memcpy(bytes, job.secret, job.secret_len);
    }
    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= pad;
    }
    for (i = 0; i < 16; i++) {
        const unsigned char *p = bytes + 4 * i;

        block[i] = method == &tpost_hmacmd5
                       ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
                       : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
    }
}

/* The states between, and the working variables, which are the differences between two states that follow each other */
static void add_states(const tpost_method *method, int words, int with_hmac)
{
    tpost_hash hash;
    uint32_t inner[8];
    uint32_t previous[8];
    uint8_t digest[TPOST_DIGEST_SIZE];
    size_t size = sizeof content - 1;
    int i;

    tpost_hash_init(&hash, method);
    for (i = 0; i < words; i++) {
        painted_add(job.key.inner[i] - hash.state[i], "working variable of the inner key block");
        painted_add(job.key.outer[i] - hash.state[i], "working variable of the outer key block");
    }
    painted_add_words(job.key.inner, (size_t)words, "inner midstate");
    painted_add_words(job.key.outer, (size_t)words, "outer midstate");
    tpost_key_begin(&job.key, &hash);
    tpost_hash_update(&hash, content, 64);
    memcpy(previous, hash.state, sizeof previous);
    for (i = 0; i < words; i++) {
        painted_add(previous[i], "state after the first block of content");
        painted_add(previous[i] - job.key.inner[i], "working variable of the first block of content");
    }
    tpost_hash_update(&hash, content + 64, size - 64);
    memcpy(inner, hash.state, sizeof inner);
    tpost_hash_final(&hash, digest);
    for (i = 0; i < words; i++) {
        uint32_t word = 0;
        int k;

        for (k = 0; k < 4; k++) {
            word |= (uint32_t)digest[4 * i + k] << (method == &tpost_hmacmd5 ? 8 * k : 24 - 8 * k);
        }
        painted_add(word, "inner digest");
        painted_add(word - inner[i], "working variable of the inner digest");
    }
    if (with_hmac) {
        tpost_key_begin(&job.key, &hash);
        tpost_hash_update(&hash, content, size);
        tpost_key_finish(&job.key, &hash, digest);
        for (i = 0; i < words; i++) {
            uint32_t word;

            memcpy(&word, digest + 4 * i, 4);
            painted_add(word, "expected HMAC");
        }
    }
}

static void collect_secrets(int m)
{
    const tpost_method *method = check_method(m);
    uint32_t block[16];
    size_t i;

    painted.count = 0;
    for (i = 0; i + 4 <= job.secret_len; i += 4) {
        uint32_t word;

        memcpy(&word, job.secret + i, 4);
        painted_add(word, "secret");
    }
    key_block(method, 0, block);
    painted_add_words(block, 16, "key block");
    key_block(method, 0x36, block);
    painted_add_words(block, 16, "key XOR ipad");
    if (m > 0) {
        add_schedule(block, m == 2, "schedule of key XOR ipad");
    }
    key_block(method, 0x5c, block);
    painted_add_words(block, 16, "key XOR opad");
    if (m > 0) {
        add_schedule(block, m == 2, "schedule of key XOR opad");
    }
    /* The other calls hand the HMAC to the caller, and it is public. */
    add_states(method, m == 0 ? 4 : (m == 1 ? 5 : 8), job.way == 3);
    CHECK(painted.count > 40);
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/*
 * The search must be able to find: this leaves a key block behind. It is the lowest part of a larger array, because the
 * thread's end uses the stack again and writes over what lies just below the caller.
 */
static void leave_key_block(void)
{
    volatile uint32_t left[LEFT_WORDS];
    uint32_t block[16];
    int i;

    key_block(job.method, 0x36, block);
    for (i = 0; i < LEFT_WORDS; i++) {
        left[i] = i < 16 ? block[i] : 0;
    }
    job.left = (const volatile unsigned char *)left;
}

/*
 * The block has to lie below `here`, so it is in the frame of a function of its own, called through a pointer that is
 * volatile to keep it from being inlined: in one frame, a stack protector puts arrays above the other variables.
 */
static void *leave_something(void *nothing)
{
    static void (*const volatile leave)(void) = leave_key_block;
    volatile unsigned char here = PAINT;

    (void)nothing;
    painted.top = &here;
    leave();
    return NULL;
}

static void *do_nothing(void *nothing)
{
    volatile unsigned char here = PAINT;

    painted.top = &here;
    return nothing;
}

static void test_nothing_secret_stays_on_the_stack(int m, size_t secret_len)
{
    uint32_t block[16];
    size_t used;

    job.method = check_method(m);
    job.secret_len = secret_len;
    check_fill(job.secret, secret_len);
    CHECK_INT(tpost_key_init(&job.key, job.method, job.secret, secret_len), TPOST_OK);
    CHECK_INT(tpost_key_sign(&job.key, params, 4, job.received, sizeof job.received), TPOST_OK);
    CHECK_INT(tpost_device_init(&job.device, &job.key, params, 3), TPOST_OK);
    job.received_len = strlen(job.received);

    job.way = 0;
    collect_secrets(m);
    painted_run(leave_something);
    printf("  (%s: a key block was left on purpose, so these are to be found)\n", check_method_name(m));
    CHECK(painted_search(&used) >= 4);
    key_block(job.method, 0x36, block);
    if (CHECK(job.left >= painted.top - used && job.left + sizeof block <= painted.top)) {
        CHECK(memcmp(painted.stack + (job.left - painted.stack), block, sizeof block) == 0);
    }
    painted_run(do_nothing);
    CHECK_INT(painted_search(&used), 0);

    for (job.way = 0; job.way < WAYS; job.way++) {
        snprintf(check_subject, sizeof check_subject, "%s, %s, secret of %zu bytes", way_names[job.way],
                 check_method_name(m), secret_len);
        collect_secrets(m);
        job.status = TPOST_OK;
        painted_run(run);
        CHECK_INT(job.status, TPOST_OK);
        CHECK_INT(painted_search(&used), 0);
        printf("  %s: %lu bytes of stack\n", check_subject, (unsigned long)used);
    }
}

int main(void)
{
    int m;

    painted_init();
    for (m = 0; m < CHECK_METHODS; m++) {
        test_nothing_secret_stays_on_the_stack(m, 32);
        test_nothing_secret_stays_on_the_stack(m, 100);
    }
    free(painted.stack);
    return check_end("test_dead_stack");
}
