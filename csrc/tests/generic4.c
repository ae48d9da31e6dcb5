/* 4 lanes on any machine: the compiler makes do with what the machine has. SPDX-License-Identifier: MIT */
#define TPOST_LANES 4
#define TPOST_LANES_NAME generic4
#include "../lanes/kernel.h"
