/*
 * test_header_cxx11.cpp: the header is C++11 too, and C++ links against the C library.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 */
#include "thingpost.h"

#include <cstdio>
#include <cstring>

int main()
{
    const tpost_param params[] = {TPOST_PARAM("productKey", "pk", 2), TPOST_PARAM("deviceName", "device", 6),
                                  TPOST_PARAM("clientId", "12345", 5), TPOST_PARAM("timestamp", "789", 3)};
    char sign[TPOST_SIGN_SIZE];
    tpost_key key = tpost_key();
    tpost_device device = tpost_device();
    tpost_status status = tpost_key_init(&key, &tpost_hmacsha1, "secret", 6);

    if (status == TPOST_OK) {
        status = tpost_device_init(&device, &key, params, 3);
    }
    if (status == TPOST_OK) {
        status = tpost_device_sign(&device, "789", 3, sign, sizeof sign);
    }
    if (status != TPOST_OK || std::strcmp(sign, "FAFD82A3D602B37FB0FA8B7892F24A477F851A14") != 0) {
        std::printf("status %d, sign %s\n", static_cast<int>(status), sign);
        return 1;
    }
    std::printf("test_header_cxx11: 1 check passed\n");
    return 0;
}
