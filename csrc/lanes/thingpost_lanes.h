/*
 * thingpost_lanes.h: many signatures at a time, on hosts.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * Contents
 *   Methods     single signatures by the CPU's own SHA instructions
 *   Lanes       how many signatures the machine computes side by side
 *   Columns     rows of parameters, as one buffer and offsets a parameter
 *   Batches     sign and verify all rows
 *
 * For servers, gateways and test rigs: it is a library of its own (CMake: thingpost::lanes) beside the one that firmware
 * links, and firmware needs none of it. Signatures are the same bytes as tpost_sign()'s, on every width.
 *
 * Rules: those of thingpost.h. No heap, no global state, no environment; at most 16 KiB of stack, which is wiped where
 * it held secrets. Unlike the core it needs memcpy and memset.
 */
#ifndef TPOST_THINGPOST_LANES_H
#define TPOST_THINGPOST_LANES_H

#include <thingpost.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Methods ----------------------------------------------------------------------------------------------------- */

/*
 * A method that gives the same signatures as `method` by the CPU's instructions for SHA-1 or SHA-256, where it has them
 * and this library was built with them; else `method` itself, and NULL for NULL. It goes wherever a method does.
 * It asks the CPU, which takes microseconds in a virtual machine: ask once, and keep the answer.
 */
const tpost_method *tpost_method_fastest(const tpost_method *method);

/* ---- Lanes ------------------------------------------------------------------------------------------------------- */

/* A way to compute several signatures side by side, one in each lane of a vector register. */
typedef struct tpost_lanes tpost_lanes;

/* The fastest that this library was built with and this CPU and operating system can run. Never NULL. Ask once, too. */
const tpost_lanes *tpost_lanes_best(void);

/*
 * The one of this name: "portable" (plain C, 1 lane), "sse2" or "neon" (4 lanes), "avx2" (8), "avx512" (16). NULL where
 * the name is another, the library was built without it, or this machine cannot run it.
 */
const tpost_lanes *tpost_lanes_by_name(const char *name, size_t name_len);

/* Its name, NUL-terminated. */
const char *tpost_lanes_name(const tpost_lanes *lanes);

/* How many signatures a vector register holds: 1, 4, 8 or 16. */
unsigned tpost_lanes_width(const tpost_lanes *lanes);

/* ---- Columns ----------------------------------------------------------------------------------------------------- */

/* Parameters that a batch can have, those that are not signed included, and the bytes of their names together. */
#define TPOST_BATCH_MAX_COLUMNS 16
#define TPOST_BATCH_MAX_NAMES 512

/* What offsets are made of. Signed ones are Arrow's; a negative offset is refused as one beyond the data. */
typedef enum tpost_offset_type { TPOST_OFFSETS_I32, TPOST_OFFSETS_U32, TPOST_OFFSETS_I64 } tpost_offset_type;

/*
 * The values of one parameter in all rows. Nothing is copied: name, data and offsets must live until the call returns.
 *
 * name     the parameter's name; not looked at in a column of secrets or signatures.
 * data     the values' bytes, one after the other.
 * offsets  NULL: data is one value, the same in every row. Else rows + 1 numbers, aligned for their type: the value of
 *          row i begins at data[offsets[i]] and ends before data[offsets[i + 1] - gap]. No bytes outside of data are
 *          read, whatever the offsets are. Each is checked as it was read, so another thread that writes to them meanwhile
 *          can make signatures wrong, but cannot make the call read elsewhere.
 * gap      bytes between a value and the next: 0 in Arrow's layout, 1 where a separator follows every value.
 * Where offsets is NULL, type and gap are not looked at.
 */
typedef struct tpost_column {
    const char *name;
    size_t name_len;
    const char *data;
    size_t data_len;
    const void *offsets;
    tpost_offset_type type;
    unsigned gap;
} tpost_column;

/* ---- Batches ----------------------------------------------------------------------------------------------------- */

/*
 * What is to be signed or verified.
 *
 * method   as in thingpost.h. Where rows are few or long it computes the signatures one at a time.
 * keys     NULL, or prepared keys of that method: n_keys is 1 (one for all rows) or rows.
 * secrets  where keys is NULL: a column of device secrets.
 * columns  n_columns parameters, in any order.
 */
typedef struct tpost_batch {
    const tpost_method *method;
    const tpost_key *keys;
    size_t n_keys;
    const tpost_column *secrets;
    const tpost_column *columns;
    size_t n_columns;
    size_t rows;
} tpost_batch;

/*
 * Sign all rows.
 *
 * out, out_size  row i's signature is written to out[i * out_step] on: the method's digits (32, 40 or 64), upper case,
 *                no NUL. Bytes between the rows are left as they are.
 * out_step       bytes from a row to the next, the number of digits or more.
 * mask           NULL: the first bad row ends the call; every row of the output is then zeroed and its number stored in
 *                *bad_row. Else rows bytes: 1 where the row was signed; 0 where it is bad, and its output is zeroed.
 * bad_row        may be NULL.
 *
 * Refused before anything is written: TPOST_KEY_NOT_READY (lanes, method, or keys and secrets are NULL, or a key is of
 * another method), TPOST_EMPTY_SECRET (of one secret for all rows), TPOST_TOO_MANY_COLUMNS, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME, TPOST_OUTPUT_TOO_SMALL.
 * What makes a row bad: TPOST_BAD_OFFSETS (out of order, or beyond the data), TPOST_EMPTY_SECRET.
 */
tpost_status tpost_sign_batch(const tpost_lanes *lanes, const tpost_batch *batch, char *out, size_t out_size,
                              size_t out_step, uint8_t *mask, size_t *bad_row);

/*
 * Verify a signature (hexadecimal, either case) for every row, in constant time.
 *
 * signs     a column of signatures; one of a wrong length, or with other characters, is simply not the right one.
 * verdicts  rows bytes: 1 where it is the right one, else 0.
 * mask, bad_row, statuses as above, but that there is no output to be too small. TPOST_KEY_NOT_READY also if signs is NULL.
 */
tpost_status tpost_verify_batch(const tpost_lanes *lanes, const tpost_batch *batch, const tpost_column *signs,
                                uint8_t *verdicts, uint8_t *mask, size_t *bad_row);

#ifdef __cplusplus
}
#endif

#endif
