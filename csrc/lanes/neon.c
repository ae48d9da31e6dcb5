/* neon.c: four lanes, for every AArch64. SPDX-License-Identifier: MIT */
#include <arm_neon.h>

#define TPOST_LANES 4
#define TPOST_LANES_NAME neon

/* One instruction, which compilers do not find in shifts and masks. */
#define TPOST_VEC_SWAP(x) ((tpost_vec)vrev32q_u8((uint8x16_t)(x)))

/* The digit of each byte, which is below 16: looked up within the register. */
#define TPOST_VEC_DIGITS(x)                                                                                            \
    ((tpost_vec)vqtbl1q_u8(vcombine_u8(vcreate_u8(0x3736353433323130), vcreate_u8(0x4645444342413938)),                \
                           (uint8x16_t)(x)))
#include "kernel.h"
