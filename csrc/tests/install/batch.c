/* A program against an installed copy of the library of batches: it prints a signature. */
#include <stdio.h>
#include <thingpost_lanes.h>

int main(void)
{
    const uint32_t ends[] = {0, 3};
    const tpost_column secret = {NULL, 0, "secret", 6, NULL, TPOST_OFFSETS_U32, 0};
    const tpost_column columns[] = {{"clientId", 8, "12345", 5, NULL, TPOST_OFFSETS_U32, 0},
                                    {"deviceName", 10, "device", 6, NULL, TPOST_OFFSETS_U32, 0},
                                    {"productKey", 10, "pk", 2, NULL, TPOST_OFFSETS_U32, 0},
                                    {"timestamp", 9, "789", 3, ends, TPOST_OFFSETS_U32, 0}};
    const tpost_batch batch = {&tpost_hmacsha1, NULL, 0, &secret, columns, 4, 1};
    char sign[40];
    const tpost_status status = tpost_sign_batch(tpost_lanes_best(), &batch, sign, sizeof sign, 40, NULL, NULL);

    printf("%.40s\n", sign);
    return status == TPOST_OK ? 0 : 1;
}
