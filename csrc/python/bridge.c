/* See bridge.h. SPDX-License-Identifier: MIT */
#include "bridge.h"

#include "internal.h"
#include "text.h"
#include "thingpost_lanes.h"

#include <string.h>

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static void tpost_bridge_add_name(tpost_bridge_names *names, const tpost_param *params, const tpost_param *param)
{
    size_t short_len = param->name_len < TPOST_BRIDGE_SHORT ? param->name_len : TPOST_BRIDGE_SHORT;

    names->name[names->count] = param->name;
    names->name_len[names->count] = param->name_len;
    memcpy(names->short_name[names->count], param->name, short_len);
    names->order[names->count] = (unsigned char)(param - params);
    names->count++;
}

int tpost_bridge_names_init(tpost_bridge_names *names, const tpost_param *params, size_t n)
{
    tpost_status status = TPOST_OK;
    const tpost_param *param = NULL;
    size_t i;

    memset(names, 0, sizeof *names);
    while ((param = tpost_content_next(params, n, param, &status)) != NULL) {
        tpost_bridge_add_name(names, params, param);
    }
    names->signed_count = names->count;
    for (i = 0; status == TPOST_OK && i < n; i++) {
        if (memchr(names->order, (int)i, names->signed_count) == NULL) {
            tpost_bridge_add_name(names, params, &params[i]);
        }
    }
    return (int)status;
}

/* ---- Messages ---------------------------------------------------------------------------------------------------- */

/* A message that is being read */
typedef struct tpost_bridge_reader {
    const char *start;
    const char *at;
    const tpost_bridge_slot *slot;
    size_t len; /* of the content */
    char content[TPOST_BRIDGE_MAX_CONTENT + TPOST_TEXT_ROOM];
} tpost_bridge_reader;

static const tpost_bridge_slot *tpost_bridge_slot_of(const char *message)
{
    uintptr_t address = 0;
    int i;

    for (i = 0; i < TPOST_BRIDGE_ADDRESS; i++) {
        address = address << 7 | (unsigned char)message[i];
    }
    return (const tpost_bridge_slot *)address;
}

static void tpost_bridge_open(tpost_bridge_reader *reader, const char *message)
{
    reader->slot = tpost_bridge_slot_of(message);
    reader->start = message;
    reader->at = message + TPOST_BRIDGE_ADDRESS;
}

/* The next text, and its length */
static const char *tpost_bridge_text(tpost_bridge_reader *reader, size_t *len)
{
    const char *text = reader->at;

    *len = strlen(text);
    reader->at = text + *len + 1;
    return text;
}

/* How much was read, without the last NUL */
static ptrdiff_t tpost_bridge_read(const tpost_bridge_reader *reader)
{
    return reader->at - reader->start - 1;
}

/* Read the values and write the content: the core found the order of the names, once. 0: it is too long. */
static int tpost_bridge_content(tpost_bridge_reader *reader)
{
    const tpost_bridge_names *names = reader->slot->names;
    char *to = reader->content;
    size_t room = TPOST_BRIDGE_MAX_CONTENT;
    size_t i;

    for (i = 0; i < names->count; i++) {
        size_t name_len = names->name_len[i];
        size_t len;
        const char *value = tpost_bridge_text(reader, &len);

        if (i >= names->signed_count) {
            continue;
        }
        if (name_len > room || len > room - name_len) {
            return 0;
        }
        memcpy(to, names->short_name[i], TPOST_BRIDGE_SHORT); /* a length that the compiler knows: no call */
        if (name_len > TPOST_BRIDGE_SHORT) {
            memcpy(to, names->name[i], name_len);
        }
        memcpy(to + name_len, value, len);
        to += name_len + len;
        room -= name_len + len;
    }
    reader->len = (size_t)(to - reader->content);
    return 1;
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

/* Sign the content and hand the signature over. */
static ptrdiff_t tpost_bridge_signed(tpost_bridge_reader *reader, const tpost_key *key)
{
    tpost_text_sign(key, reader->content, reader->len, reader->slot->sign);
    return tpost_bridge_read(reader);
}

static ptrdiff_t tpost_bridge_verified(tpost_bridge_reader *reader, const tpost_key *key, const char *sign, size_t len)
{
    int right = tpost_text_verify(key, reader->content, reader->len, sign, len);

    return right ? tpost_bridge_read(reader) : -tpost_bridge_read(reader);
}

/* Read the secret, the last text. 0: it is empty. */
static int tpost_bridge_key(tpost_bridge_reader *reader, tpost_key *key)
{
    size_t len;
    const char *secret = tpost_bridge_text(reader, &len);

    if (len == 0) {
        return 0;
    }
    tpost_text_key(key, reader->slot->method, secret, len);
    return 1;
}

/* Inlined: from a frame of its own less of the stack would be wiped. */
TPOST_INLINE void tpost_bridge_forget(tpost_key *key)
{
    tpost_text_forget();
    tpost_clear_words(key->inner, TPOST_STATE_WORDS);
    tpost_clear_words(key->outer, TPOST_STATE_WORDS);
}

ptrdiff_t tpost_bridge_sign(const char *message)
{
    tpost_bridge_reader reader;
    tpost_key key;
    ptrdiff_t read;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader) || !tpost_bridge_key(&reader, &key)) {
        return 0;
    }
    read = tpost_bridge_signed(&reader, &key);
    tpost_bridge_forget(&key);
    return read;
}

ptrdiff_t tpost_bridge_key_sign(const char *message)
{
    tpost_bridge_reader reader;
    ptrdiff_t read = 0;

    tpost_bridge_open(&reader, message);
    if (tpost_bridge_content(&reader)) {
        read = tpost_bridge_signed(&reader, reader.slot->key);
        tpost_text_forget();
    }
    return read;
}

ptrdiff_t tpost_bridge_device_sign(const char *message)
{
    const tpost_bridge_slot *slot = tpost_bridge_slot_of(message);
    const char *timestamp = message + TPOST_BRIDGE_ADDRESS;
    size_t len = strlen(timestamp);

    if (len == TPOST_TEXT_TIMESTAMP && slot->device->device.key.method != NULL) {
        tpost_text_device_sign(slot->device, timestamp, slot->sign);
        tpost_text_forget();
    } else {
        const tpost_device *device = &slot->device->device;
        char sign[TPOST_SIGN_SIZE];

        if (tpost_device_sign(device, timestamp, len, sign, sizeof sign) != TPOST_OK) {
            return 0;
        }
        memcpy(slot->sign, sign, 2 * tpost_method_digest_size(device->key.method));
    }
    return TPOST_BRIDGE_ADDRESS + (ptrdiff_t)len;
}

ptrdiff_t tpost_bridge_key_verify(const char *message)
{
    tpost_bridge_reader reader;
    const char *sign;
    size_t sign_len;
    ptrdiff_t read;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    sign = tpost_bridge_text(&reader, &sign_len);
    read = tpost_bridge_verified(&reader, reader.slot->key, sign, sign_len);
    tpost_text_forget();
    return read;
}

ptrdiff_t tpost_bridge_verify(const char *message)
{
    tpost_bridge_reader reader;
    tpost_key key;
    const char *sign;
    size_t sign_len;
    ptrdiff_t read;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    sign = tpost_bridge_text(&reader, &sign_len);
    if (!tpost_bridge_key(&reader, &key)) {
        return 0;
    }
    read = tpost_bridge_verified(&reader, &key, sign, sign_len);
    tpost_bridge_forget(&key);
    return read;
}

const tpost_method *tpost_bridge_method(const char *name, size_t name_len, int portable)
{
    const tpost_method *method = tpost_method_by_name(name, name_len);

    return portable ? method : tpost_method_fastest(method);
}

void tpost_bridge_key_wipe(tpost_key *key)
{
    tpost_wipe(key, sizeof *key);
}

int tpost_bridge_device_init(tpost_text_device *ready, const tpost_key *key, const tpost_param *params, size_t n)
{
    tpost_device device;
    tpost_status status = tpost_device_init(&device, key, params, n);

    tpost_wipe(ready, sizeof *ready);
    if (status == TPOST_OK) {
        tpost_text_device_init(ready, &device);
    }
    tpost_wipe(&device, sizeof device);
    return (int)status;
}

void tpost_bridge_device_wipe(tpost_text_device *ready)
{
    tpost_wipe(ready, sizeof *ready);
}
