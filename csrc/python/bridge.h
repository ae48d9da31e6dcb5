/*
 * bridge.h: what the Python binding needs beside thingpost.h. Not a part of the firmware library.
 *
 * A call through cffi costs more for each argument and much more for each array of structs, so Python hands all names
 * and values over as one text: name NUL value NUL name NUL value. A field that itself contains a NUL byte makes the count of
 * NULs wrong; the call then answers TPOST_BRIDGE_GENERAL, has signed nothing, and Python passes an array with lengths.
 */
#ifndef TPOST_BRIDGE_H
#define TPOST_BRIDGE_H

#include <thingpost.h>

#define TPOST_BRIDGE_GENERAL 100   /* a status: use the call that takes an array of tpost_param */
#define TPOST_BRIDGE_MAX_PARAMS 32 /* of the text form; they are kept on the stack (1 KiB) */

/* fields, size: n names and n values; sign: TPOST_SIGN_SIZE bytes. Return as tpost_sign() and tpost_key_sign(). */
int tpost_bridge_sign(const tpost_method *method, const char *secret, size_t secret_len, const char *fields,
                      size_t size, size_t n, char *sign);
int tpost_bridge_key_sign(const tpost_key *key, const char *fields, size_t size, size_t n, char *sign);

/* Destructors, for cffi's garbage collection. */
void tpost_bridge_key_wipe(tpost_key *key);
void tpost_bridge_device_wipe(tpost_device *device);

#endif
