/*
 * test_bridge_stack.c: the calls that Python makes (csrc/python/bridge.h) leave no secret on the stack.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#define _POSIX_C_SOURCE 200809L
#include "painted_stack.h"

#include "bridge.h"
#include "thingpost_lanes.h"

enum { SECRET = 32 };

/* More than a block: there are states to find before the last one, also that which a device hashes once. */
static const char device_name[] = "device-with-a-name-of-some-length-device-with-a-name-of-some-length";

enum { SIGN, KEY_SIGN, DEVICE_SIGN, DEVICE_SIGN_OTHERWISE, VERIFY, KEY_VERIFY, CALLS };

static const struct {
    ptrdiff_t (*function)(const char *message);
    const char *name;
    const char *timestamp;
} calls[CALLS] = {
    {tpost_bridge_sign, "tpost_bridge_sign", "1700000000000"},
    {tpost_bridge_key_sign, "tpost_bridge_key_sign", "1700000000000"},
    {tpost_bridge_device_sign, "tpost_bridge_device_sign", "1700000000000"},
    {tpost_bridge_device_sign, "tpost_bridge_device_sign, seconds", "1700000000"},
    {tpost_bridge_verify, "tpost_bridge_verify", "1700000000000"},
    {tpost_bridge_key_verify, "tpost_bridge_key_verify", "1700000000000"},
};

/* What the thread works on: nothing of it is on the thread's stack. */
static struct {
    int call;
    char secret[SECRET + 1];
    tpost_key key;
    tpost_bridge_names names;
    tpost_text_device device;
    tpost_bridge_slot slot;
    char sign[2 * TPOST_DIGEST_SIZE + 1];
    char message[400];
    size_t message_len;
    ptrdiff_t read;
} job;

static void *run(void *nothing)
{
    volatile unsigned char here = PAINT;

    painted.top = &here;
    job.read = calls[job.call].function(job.message);
    return nothing;
}

static void append(const char *text)
{
    size_t len = strlen(text) + 1;

    memcpy(job.message + job.message_len, text, len);
    job.message_len += len;
}

static void write_message(void)
{
    uintptr_t address = (uintptr_t)&job.slot;
    int i;

    for (i = 0; i < TPOST_BRIDGE_ADDRESS; i++) {
        job.message[i] = (char)((uint64_t)address >> 7 * (TPOST_BRIDGE_ADDRESS - 1 - i) & 127u);
    }
    job.message_len = TPOST_BRIDGE_ADDRESS;
    if (job.call != DEVICE_SIGN && job.call != DEVICE_SIGN_OTHERWISE) {
        append(device_name);
    }
    append(calls[job.call].timestamp);
    if (job.call == VERIFY || job.call == KEY_VERIFY) {
        append(job.sign);
    }
    if (job.call == SIGN || job.call == VERIFY) {
        append(job.secret);
    }
}

/* The expected signature is a secret only where it is not handed out. */
static void collect(const tpost_method *method)
{
    char content[200];

    snprintf(content, sizeof content, "deviceName%stimestamp%s", device_name, calls[job.call].timestamp);
    painted.count = 0;
    painted_add_key(job.secret, SECRET);
    painted_add_states(method, &job.key, content, strlen(content));
    painted_add_bytes(job.device.device.state, tpost_method_digest_size(method), "device's state");
    if (job.call == VERIFY || job.call == KEY_VERIFY) {
        painted_add_bytes(job.sign, strlen(job.sign), "expected signature");
    }
}

static void test_calls(const tpost_method *method, const char *name)
{
    tpost_param params[] = {TPOST_PARAM("deviceName", device_name, sizeof device_name - 1),
                            TPOST_PARAM("timestamp", "", 0)};
    char expected[TPOST_SIGN_SIZE];
    size_t used;

    check_fill((unsigned char *)job.secret, SECRET); /* none of these is 0 */
    CHECK_INT(tpost_bridge_names_init(&job.names, params, 2), TPOST_OK);
    CHECK_INT(tpost_key_init(&job.key, method, job.secret, SECRET), TPOST_OK);
    CHECK_INT(tpost_bridge_device_init(&job.device, &job.key, params, 1), TPOST_OK);
    job.slot.method = method;
    job.slot.key = &job.key;
    job.slot.device = &job.device;
    job.slot.names = &job.names;
    job.slot.sign = job.sign;
    for (job.call = 0; job.call < CALLS; job.call++) {
        snprintf(check_subject, sizeof check_subject, "%s, %s", calls[job.call].name, name);
        params[1].value = calls[job.call].timestamp;
        params[1].value_len = strlen(params[1].value);
        CHECK_INT(tpost_key_sign(&job.key, params, 2, expected, sizeof expected), TPOST_OK);
        if (job.call == VERIFY || job.call == KEY_VERIFY) {
            memcpy(job.sign, expected, sizeof job.sign);
        } else {
            memset(job.sign, 0, sizeof job.sign);
        }
        write_message();
        painted_run(run);
        collect(method);
        CHECK_INT(job.read,
                  job.message_len - 1); /* all of it; a negative number for a signature that is not the right one */
        CHECK_TEXT(job.sign, expected);
        CHECK_INT(painted_search(&used), 0);
    }
}

int main(void)
{
    int m;

    painted_init();
    painted_test_search();
    for (m = 0; m < CHECK_METHODS; m++) {
        test_calls(check_method(m), check_method_name(m));
        test_calls(tpost_method_fastest(check_method(m)), "the fastest of its kind");
    }
    free(painted.stack);
    return check_end("test_bridge_stack");
}
