/* portable.c: one lane, in plain C99. SPDX-License-Identifier: MIT */
#define TPOST_LANES 1
#define TPOST_LANES_NAME portable
#include "kernel.h"
