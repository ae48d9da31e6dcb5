/* sse2.c: four lanes, for every x86-64. SPDX-License-Identifier: MIT */
#define TPOST_LANES 4
#define TPOST_LANES_NAME sse2
#include "kernel.h"
