/*
 * request_text.c: prints the requests that firmware would send, for tests that compare and send them.
 *
 * Copyright (c) 2026 the thingpost authors. SPDX-License-Identifier: MIT
 *
 * usage: request_text auth METHOD SECRET HOST NAME VALUE [NAME VALUE ...]
 *        request_text topic HOST TOPIC TOKEN PAYLOAD-BYTES
 * Exit code: the tpost_status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thingpost.h"

enum { MOST_PARAMS = 16 };

static char request[65536];

static int auth(int argc, char **argv)
{
    const tpost_method *method = tpost_method_by_name(argv[2], strlen(argv[2]));
    tpost_param params[MOST_PARAMS];
    char sign[TPOST_SIGN_SIZE];
    tpost_status status;
    size_t n = 0;
    int i;

    for (i = 5; i + 1 < argc && n < MOST_PARAMS; i += 2, n++) {
        params[n].name = argv[i];
        params[n].name_len = strlen(argv[i]);
        params[n].value = argv[i + 1];
        params[n].value_len = strlen(argv[i + 1]);
    }
    status = tpost_sign(method, argv[3], strlen(argv[3]), params, n, sign, sizeof sign);
    if (status == TPOST_OK) {
        status = tpost_auth_request(argv[4], strlen(argv[4]), method, params, n, sign, request, sizeof request, NULL);
    }
    return (int)status;
}

int main(int argc, char **argv)
{
    int status = 127;

    if (argc > 5 && strcmp(argv[1], "auth") == 0) {
        status = auth(argc, argv);
    } else if (argc == 6 && strcmp(argv[1], "topic") == 0) {
        status = (int)tpost_topic_request(argv[2], strlen(argv[2]), argv[3], strlen(argv[3]), argv[4], strlen(argv[4]),
                                          (uint32_t)strtoul(argv[5], NULL, 10), request, sizeof request, NULL);
    }
    fputs(request, stdout);
    return status;
}
