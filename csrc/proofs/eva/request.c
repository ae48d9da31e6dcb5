/* Any host, parameters, topic and token, into an output of any size. */
#include "any.h"

void main(void)
{
    static char host[ANY_MOST], topic[ANY_MOST], token[ANY_MOST], sign[2 * TPOST_DIGEST_SIZE], out[2 * ANY_MOST];
    size_t out_size = any_size(0, sizeof out);
    size_t n = any_parameters();
    size_t len = 0;

    any_bytes(host, sizeof host);
    any_bytes(topic, sizeof topic);
    any_bytes(token, sizeof token);
    any_bytes(sign, sizeof sign);
    tpost_auth_request(host, any_size(0, ANY_MOST), any_method(), any_params, n, sign, out, out_size, &len);
    tpost_topic_request(host, any_size(0, ANY_MOST), topic, any_size(0, ANY_MOST), token, any_size(0, ANY_MOST),
                        (uint32_t)Frama_C_unsigned_long_interval(0, 0xffffffff), out, out_size, NULL);
    tpost_u64_text(Frama_C_unsigned_long_long_interval(0, UINT64_MAX), out);
}
