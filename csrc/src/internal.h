/*
 * internal.h: what the units of the library share, and nobody else includes.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * How a hash is held: the block is 16 words in the method's own byte order, and a digest can move into the next block as
 * words. In fully unrolled code (hash_words.c) it is filled by shifting bytes in, a word at a time where that can be; on microcontrollers
 * (hash_bytes.c) each byte is put where it stands in the machine's words. Neither needs aligned input or a certain byte order
 * of the machine.
 */
#ifndef TPOST_INTERNAL_H
#define TPOST_INTERNAL_H

#include "thingpost.h"

/* ---- Small code or fast code ------------------------------------------------------------------------------------- */

/* Not a microcontroller */
#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
#define TPOST_HOST
#endif

/*
 * Firmware that signs by one method may say so, for every file: the method's numbers are constants then, and its block function
 * is called directly. The others are left out: what names one of them does not link.
 */
#if defined(TPOST_ONLY_MD5) + defined(TPOST_ONLY_SHA1) + defined(TPOST_ONLY_SHA256) > 1
#error "more than one of TPOST_ONLY_MD5, TPOST_ONLY_SHA1 and TPOST_ONLY_SHA256: define one, or none for all methods"
#elif defined(TPOST_ONLY_MD5)
#define TPOST_ONLY
#define TPOST_ONLY_COMPRESS tpost_md5_compress
#define TPOST_ONLY_INITIAL TPOST_MD5_INITIAL
#define TPOST_ONLY_WORDS 4
#define TPOST_ONLY_ORDER 0
#elif defined(TPOST_ONLY_SHA1)
#define TPOST_ONLY
#define TPOST_ONLY_COMPRESS tpost_sha1_compress
#define TPOST_ONLY_INITIAL tpost_sha1_initial
#define TPOST_ONLY_WORDS 5
#define TPOST_ONLY_ORDER 3
#elif defined(TPOST_ONLY_SHA256)
#define TPOST_ONLY
#define TPOST_ONLY_COMPRESS tpost_sha256_compress
#define TPOST_ONLY_INITIAL tpost_sha256_initial
#define TPOST_ONLY_WORDS 8
#define TPOST_ONLY_ORDER 3
#endif
#if !defined(TPOST_ONLY) || defined(TPOST_ONLY_MD5)
#define TPOST_HAS_MD5
#endif
#if !defined(TPOST_ONLY) || defined(TPOST_ONLY_SHA1)
#define TPOST_HAS_SHA1
#endif
#if !defined(TPOST_ONLY) || defined(TPOST_ONLY_SHA256)
#define TPOST_HAS_SHA256
#endif

/* 0: every compression is one loop. 1: partly unrolled. 2: fully unrolled. The results are the same. */
#ifndef TPOST_UNROLL
#if defined(__OPTIMIZE_SIZE__)
#define TPOST_UNROLL 0
#elif defined(TPOST_HOST) && !defined(TPOST_ONLY)
#define TPOST_UNROLL 2
#else
#define TPOST_UNROLL 1
#endif
#endif

#if defined(TPOST_ONLY) && TPOST_UNROLL == 2
#error "TPOST_ONLY_MD5 and its like are for microcontrollers: define TPOST_UNROLL as 0 or 1, or leave it out"
#endif

/* ---- Tables in flash --------------------------------------------------------------------------------------------- */

/* AVR copies constants to RAM at start-up unless they are put in flash, which only special instructions can read. */
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define TPOST_FLASH PROGMEM
#define TPOST_FLASH_WORD(address) pgm_read_dword(address)
#define TPOST_FLASH_BYTE(address) pgm_read_byte(address)
#define TPOST_FLASH_POINTER(type, address) ((type)pgm_read_ptr(address))
#else
#define TPOST_FLASH
#define TPOST_FLASH_WORD(address) (*(address))
#define TPOST_FLASH_BYTE(address) (*(address))
#define TPOST_FLASH_POINTER(type, address) (*(address))
#endif

/*
 * For what handles secrets: in a frame of its own, below the public function's, where tpost_forget() wipes. Link-time
 * optimisation would move it into the public function otherwise, or even into that one's caller. Also for what is called twice
 * and would be there twice.
 */
#if defined(__GNUC__) || defined(__clang__) || defined(__ICCARM__)
#define TPOST_NOINLINE __attribute__((noinline))
#elif defined(_MSC_VER)
#define TPOST_NOINLINE __declspec(noinline)
#else
#define TPOST_NOINLINE
#endif

/* Into its callers, also where a compiler that makes small code would rather call it. Not every unit has a use for it. */
#if defined(__GNUC__) || defined(__clang__)
#define TPOST_INLINE static inline __attribute__((always_inline, unused))
#else
#define TPOST_INLINE static inline
#endif

/*
 * A variable of which the compiler may assume nothing from here on. For partly unrolled code: where GCC would move a sum to
 * where it takes more registers, or write a loop twice because it knows a variable's values.
 */
#if ((defined(__GNUC__) && !defined(__ARMCC_VERSION)) || defined(__clang__)) && TPOST_UNROLL == 1
#define TPOST_OPAQUE(variable) __asm__("" : "+r"(variable))
#else
#define TPOST_OPAQUE(variable) ((void)0)
#endif

/* ---- Words ------------------------------------------------------------------------------------------------------- */

#define TPOST_BLOCK_WORDS 16
#ifdef TPOST_ONLY
#define TPOST_STATE_WORDS TPOST_ONLY_WORDS
#else
#define TPOST_STATE_WORDS 8
#endif

/* n is 1 to 31. */
#define TPOST_ROTL(x, n) (((x) << (n)) | ((x) >> (32 - (n))))
#define TPOST_ROTR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))

/* Where byte i stands in its word. order is 3 for the first byte highest (SHA), 0 for the first byte lowest (MD5). */
#define TPOST_BYTE_SHIFT(i, order) ((((unsigned)(i) & 3u) ^ (order)) << 3)

/* to[0..n-1] = from[0..n-1]; with TPOST_UNROLL=2 n is a multiple of 8. Volatile, so that it becomes no call of memcpy. */
TPOST_NOINLINE void tpost_copy_words(uint32_t *to, const uint32_t *from, unsigned n);

/* words[0..n-1] = 0, even where nothing reads them afterwards; with TPOST_UNROLL=2 n is a multiple of 8. */
void tpost_clear_words(uint32_t *words, unsigned n);

/* ---- Methods ----------------------------------------------------------------------------------------------------- */

/* Mix one block into the state. The block may be overwritten. */
typedef void tpost_compress(uint32_t *state, uint32_t *block);

tpost_compress tpost_md5_compress;
tpost_compress tpost_sha1_compress;
tpost_compress tpost_sha256_compress;

/*
 * A method lies in flash: its fields are read with the macros below. `initial` are TPOST_STATE_WORDS words in flash, of which
 * those beyond the digest may be anything; `words` is how many the digest has, `order` see TPOST_BYTE_SHIFT.
 */
#ifdef TPOST_ONLY
struct tpost_method {
    uint8_t words; /* a structure needs a field */
};
#define TPOST_METHOD(compress, initial, words, order) {words}
#define TPOST_COMPRESS(method, state, block) TPOST_ONLY_COMPRESS((state), (block))
#define TPOST_INITIAL(method) TPOST_ONLY_INITIAL
#define TPOST_WORDS(method) ((unsigned)TPOST_ONLY_WORDS)
#define TPOST_ORDER(method) ((unsigned)TPOST_ONLY_ORDER)
#else
struct tpost_method {
    tpost_compress *compress;
    const uint32_t *initial;
    uint8_t words;
    uint8_t order;
};
#define TPOST_METHOD(compress, initial, words, order) {compress, initial, words, order}
#define TPOST_COMPRESS(method, state, block)                                                                           \
    (TPOST_FLASH_POINTER(tpost_compress *, &(method)->compress)((state), (block)))
#define TPOST_INITIAL(method) TPOST_FLASH_POINTER(const uint32_t *, &(method)->initial)
#define TPOST_WORDS(method) ((unsigned)TPOST_FLASH_BYTE(&(method)->words))
#define TPOST_ORDER(method) ((unsigned)TPOST_FLASH_BYTE(&(method)->order))
#endif

/* MD5's initial state stands before its constants, but in partly unrolled code, which has those in another order (md5.c). */
#if TPOST_UNROLL == 1
extern const uint32_t tpost_md5_initial[TPOST_STATE_WORDS];
#define TPOST_MD5_INITIAL tpost_md5_initial
#else
#define TPOST_MD5_INITIAL tpost_md5_table
#endif

/* Tables that units with CPU-specific block functions (hosts only) use too. */
extern const uint32_t tpost_md5_table[4 + 64];
#define TPOST_MD5_K (&tpost_md5_table[4])
extern const uint32_t tpost_sha1_initial[TPOST_STATE_WORDS];
extern const uint32_t tpost_sha256_initial[TPOST_STATE_WORDS];
extern const uint32_t tpost_sha256_k[64];

/* FIPS 180-4 4.2.1, for t from 0, 20, 40 and 60 on */
#define TPOST_SHA1_K0 0x5a827999u
#define TPOST_SHA1_K1 0x6ed9eba1u
#define TPOST_SHA1_K2 0x8f1bbcdcu
#define TPOST_SHA1_K3 0xca62c1d6u

/* ---- Hash -------------------------------------------------------------------------------------------------------- */

/* The state is that at the start of hash->method's hashes, and the length what the caller says. */
TPOST_NOINLINE void tpost_hash_start(tpost_hash *hash, unsigned length);

/*
 * Start a hash of hash->method, which the caller has set, with the block key XOR pad, a byte (RFC 2104 2): the state is
 * then a midstate of the HMAC.
 */
TPOST_NOINLINE void tpost_hash_key(tpost_hash *hash, const void *key, size_t key_len, unsigned pad);

/*
 * Pad and compress the rest (RFC 1321 3.1 and 3.2, FIPS 180-4 5.1.1), and write the digest, or make it the first words of
 * the block where `digest` points to that. The state may be lost. Returns the digest's bytes.
 */
TPOST_NOINLINE unsigned tpost_hash_digest(tpost_hash *hash, uint8_t *digest);

/* The upper-case digits of a word's four bytes, one in each byte, the first one highest; without a branch or a look-up. */
TPOST_INLINE uint64_t tpost_hex_digits(uint32_t word)
{
    uint64_t x = word;
    uint64_t letters;

    x = (x | x << 16) & 0x0000ffff0000ffffu;
    x = (x | x << 8) & 0x00ff00ff00ff00ffu;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fu;
    letters = (x + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    return x + 0x3030303030303030u + letters * 7; /* 'A' is '0' + 10 + 7 */
}

/* For fully unrolled code: write the digest that is in the state. Where bytes must be swapped, a word's are at once. */
TPOST_INLINE void tpost_store_words(const tpost_hash *hash, uint8_t *digest)
{
    unsigned order = TPOST_ORDER(hash->method);
    const volatile uint32_t *state = hash->state; /* volatile: GCC's vectors would take the words apart */
    unsigned i;

    for (i = 0; i < TPOST_WORDS(hash->method); i++) {
        uint32_t word = state[i];

        if (order == 0) {
            word = word >> 24 | (word >> 8 & 0xff00u) | (word << 8 & 0xff0000u) | word << 24;
        }
        digest[4 * i] = (uint8_t)(word >> 24);
        digest[4 * i + 1] = (uint8_t)(word >> 16);
        digest[4 * i + 2] = (uint8_t)(word >> 8);
        digest[4 * i + 3] = (uint8_t)word;
    }
}

/*
 * Wipe the hash, and the stack below the caller where the functions that it called kept their variables. To be called
 * last by every function that computed with a secret.
 */
TPOST_NOINLINE void tpost_forget(tpost_hash *hash);

/* ---- HMAC -------------------------------------------------------------------------------------------------------- */

#define TPOST_IPAD 0x36u
#define TPOST_OPAD 0x5cu
#define TPOST_IN_EACH_BYTE(byte) ((byte) * 0x01010101u)

/*
 * End a hash that was started with the key and TPOST_IPAD: write the HMAC, and return its bytes. The inner digest is parked
 * in `digest`.
 */
TPOST_INLINE unsigned tpost_hmac_end(tpost_hash *hash, const void *key, size_t key_len, uint8_t *digest)
{
    unsigned size = tpost_hash_digest(hash, digest);

    tpost_hash_key(hash, key, key_len, TPOST_OPAD);
    tpost_hash_update(hash, digest, size);
    return tpost_hash_digest(hash, digest);
}

/* End a hash that was started by tpost_key_begin(): write the HMAC, which may be to the hash's own block. */
TPOST_NOINLINE void tpost_key_close(const tpost_key *key, tpost_hash *hash, uint8_t *digest);

/* ---- Content ----------------------------------------------------------------------------------------------------- */

/* Less than, equal to or greater than 0, as the name of a sorts before, with or after the name of b. */
int tpost_name_compare(const tpost_param *a, const tpost_param *b);

/*
 * The parameter that follows `last` in the content (NULL: the first). NULL at the end, and where names are refused:
 * *status, which starts as TPOST_OK, then says why.
 */
const tpost_param *tpost_content_next(const tpost_param *params, size_t n, const tpost_param *last,
                                      tpost_status *status);

/* Feed the content to a hash. */
tpost_status tpost_content_feed(const tpost_param *params, size_t n, tpost_hash *hash);

/* ---- Text -------------------------------------------------------------------------------------------------------- */

/* The words that mean something to us, as bits. Those that are asked for most are the lowest, which takes the least code. */
#define TPOST_WORD_CONTENT_LENGTH 0x00001u
#define TPOST_WORD_TRANSFER_ENCODING 0x00002u
#define TPOST_WORD_CONNECTION 0x00004u
#define TPOST_WORD_RETRY_AFTER 0x00008u
#define TPOST_WORD_CODE 0x00010u
#define TPOST_WORD_INFO 0x00020u
#define TPOST_WORD_TOKEN 0x00040u
#define TPOST_WORD_MESSAGE_ID 0x00080u
#define TPOST_WORD_HTTP_1_1 0x00100u
#define TPOST_WORD_HTTP_1_0 0x00200u
#define TPOST_WORD_CHUNKED 0x00400u
#define TPOST_WORD_CLOSE 0x00800u
#define TPOST_WORD_TRUE 0x01000u
#define TPOST_WORD_FALSE 0x02000u
#define TPOST_WORD_NULL 0x04000u
#define TPOST_WORD_PRODUCT_KEY 0x08000u
#define TPOST_WORD_DEVICE_NAME 0x10000u
#define TPOST_WORD_CLIENT_ID 0x20000u
#define TPOST_WORD_TIMESTAMP 0x40000u
#define TPOST_WORDS_HEADER 0x0000fu    /* the names of headers */
#define TPOST_WORDS_UNSIGNED 0x380000u /* the names of parameters that are not a part of the content */

/*
 * Which of these words are still possible when the byte stands at this position; a NUL behind the last byte leaves the one
 * word that the text is, if any.
 */
uint32_t tpost_word_step(uint32_t words, size_t position, unsigned byte);

/*
 * Check UTF-8 byte by byte, from a zeroed state: 0 where it cannot be, and then the state is void. A character has ended while
 * `more` is 0.
 */
int tpost_utf8_step(tpost_utf8 *state, unsigned byte);

/* Kinds of text, by what may stand in them. Digits may in all, letters in all but a timestamp. */
#define TPOST_KIND_TIMESTAMP 1u
#define TPOST_KIND_NAME 2u
#define TPOST_KIND_TOPIC 4u /* one level of it */
#define TPOST_KIND_HOST 8u
#define TPOST_KIND_TOKEN 16u /* visible ASCII, as a header's value */

int tpost_is_allowed(unsigned c, unsigned kind);

/* Has it 1 to `most` characters, all allowed, and is it neither "." nor ".."? */
int tpost_is_text(const char *text, size_t len, unsigned kind, size_t most);

int tpost_is_topic(const char *topic, size_t len);

/* Can they be reported? TPOST_OK, TPOST_EMPTY_NAME, TPOST_REPEATED_NAME or TPOST_BAD_PARAMETER. */
tpost_status tpost_check_parameters(const tpost_param *params, size_t n);

/* ---- Replies ----------------------------------------------------------------------------------------------------- */

/*
 * A state of the reader: takes one byte, returns TPOST_PARTIAL to go on. TPOST_OK says of a line's byte that the reply is
 * whole with it, of a byte in the body that it does not belong to the number which has ended before it.
 */
typedef tpost_status tpost_reply_state(tpost_reply *reply, unsigned c);

/* reply->nesting tells what is open, innermost lowest: 1 for an object, 0 for an array. A further 1 stands above all. */
#define TPOST_NOTHING_OPEN 1u

/* Take one byte of the body. */
tpost_status tpost_json_byte(tpost_reply *reply, unsigned c);

/* Is the body's document whole? */
int tpost_json_is_whole(const tpost_reply *reply);

/* Add a digit to reply->number; reply->overflow tells that it has more than 64 bits, or is none. */
void tpost_add_digit(tpost_reply *reply, unsigned base, unsigned digit);
void tpost_no_digits(tpost_reply *reply);

/* Take the next byte of a text that may be one of reply->words; tell at its end which of them it is. */
void tpost_word_byte(tpost_reply *reply, unsigned c);
uint32_t tpost_word_end(const tpost_reply *reply);

/* The lower half of the number, or UINT32_MAX where it is not below that. */
uint32_t tpost_number32(const tpost_reply *reply);

/* The value of a hexadecimal digit, or 16 and more. */
unsigned tpost_digit(unsigned c);

/* ---- Verdicts ---------------------------------------------------------------------------------------------------- */

/*
 * Marks the one place where a value that was computed from secrets becomes public. A constant-time checker redefines it
 * to tell its tool.
 */
#ifndef TPOST_DECLASSIFY
#define TPOST_DECLASSIFY(address, size) ((void)0)
#endif

#endif
