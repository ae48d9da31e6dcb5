/* See bridge.h. SPDX-License-Identifier: MIT */
#include "bridge.h"

#include "internal.h"
#include "thingpost_lanes.h"

#include <string.h>

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static void tpost_bridge_add_name(tpost_bridge_names *names, const tpost_param *params, const tpost_param *param)
{
    names->name[names->count] = param->name;
    names->name_len[names->count] = param->name_len;
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
    char content[TPOST_BRIDGE_MAX_CONTENT];
    tpost_param param; /* what is signed, as one parameter */
    size_t n;          /* 0 where nothing is signed */
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

/*
 * Read the values and write the content. 0: it is too long.
 *
 * The canonical order is that of the names, found once by the core. So the content is the same text as that of a single
 * parameter whose name is its beginning and whose value is the rest, and is handed to the core as that. A name of 1 or 8
 * bytes is signed whatever it is ("version", "sign" and "signmethod" have 7, 4 and 10), and 8 are two whole words.
 */
static int tpost_bridge_content(tpost_bridge_reader *reader)
{
    const tpost_bridge_names *names = reader->slot->names;
    char *to = reader->content;
    size_t room = sizeof reader->content;
    size_t size;
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
        memcpy(to, names->name[i], name_len);
        memcpy(to + name_len, value, len);
        to += name_len + len;
        room -= name_len + len;
    }
    size = (size_t)(to - reader->content);
    reader->n = size > 0 ? 1 : 0;
    reader->param.name = reader->content;
    reader->param.name_len = size >= 8 ? 8 : reader->n;
    reader->param.value = reader->content + reader->param.name_len;
    reader->param.value_len = size - reader->param.name_len;
    return 1;
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

/* Hand a signature over. 0: there is none. */
static ptrdiff_t tpost_bridge_signed(const tpost_bridge_reader *reader, tpost_status status, const char *sign,
                                     const tpost_method *method)
{
    if (status != TPOST_OK) {
        return 0;
    }
    memcpy(reader->slot->sign, sign, 2 * tpost_method_digest_size(method));
    return tpost_bridge_read(reader);
}

static ptrdiff_t tpost_bridge_verified(const tpost_bridge_reader *reader, tpost_status status)
{
    if (status == TPOST_SIGN_MISMATCH) {
        return -tpost_bridge_read(reader);
    }
    return status == TPOST_OK ? tpost_bridge_read(reader) : 0;
}

ptrdiff_t tpost_bridge_sign(const char *message)
{
    tpost_bridge_reader reader;
    char sign[TPOST_SIGN_SIZE];
    const char *secret;
    size_t secret_len;
    tpost_status status;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    secret = tpost_bridge_text(&reader, &secret_len);
    status = tpost_sign(reader.slot->method, secret, secret_len, &reader.param, reader.n, sign, sizeof sign);
    return tpost_bridge_signed(&reader, status, sign, reader.slot->method);
}

ptrdiff_t tpost_bridge_key_sign(const char *message)
{
    tpost_bridge_reader reader;
    char sign[TPOST_SIGN_SIZE];
    tpost_status status;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    status = tpost_key_sign(reader.slot->key, &reader.param, reader.n, sign, sizeof sign);
    return tpost_bridge_signed(&reader, status, sign, reader.slot->key->method);
}

ptrdiff_t tpost_bridge_device_sign(const char *message)
{
    const tpost_bridge_slot *slot = tpost_bridge_slot_of(message);
    char sign[TPOST_SIGN_SIZE];
    const char *timestamp = message + TPOST_BRIDGE_ADDRESS;
    size_t len = strlen(timestamp);

    if (tpost_device_sign(slot->device, timestamp, len, sign, sizeof sign) != TPOST_OK) {
        return 0;
    }
    memcpy(slot->sign, sign, 2 * tpost_method_digest_size(slot->device->key.method));
    return TPOST_BRIDGE_ADDRESS + (ptrdiff_t)len;
}

ptrdiff_t tpost_bridge_key_verify(const char *message)
{
    tpost_bridge_reader reader;
    const char *sign;
    size_t sign_len;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    sign = tpost_bridge_text(&reader, &sign_len);
    return tpost_bridge_verified(&reader, tpost_key_verify(reader.slot->key, &reader.param, reader.n, sign, sign_len));
}

ptrdiff_t tpost_bridge_verify(const char *message)
{
    tpost_bridge_reader reader;
    tpost_key key;
    const char *sign;
    const char *secret;
    size_t sign_len;
    size_t secret_len;
    tpost_status status;

    tpost_bridge_open(&reader, message);
    if (!tpost_bridge_content(&reader)) {
        return 0;
    }
    sign = tpost_bridge_text(&reader, &sign_len);
    secret = tpost_bridge_text(&reader, &secret_len);
    status = tpost_key_init(&key, reader.slot->method, secret, secret_len);
    if (status == TPOST_OK) {
        status = tpost_key_verify(&key, &reader.param, reader.n, sign, sign_len);
    }
    tpost_wipe(&key, sizeof key);
    return tpost_bridge_verified(&reader, status);
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

void tpost_bridge_device_wipe(tpost_device *device)
{
    tpost_wipe(device, sizeof *device);
}
