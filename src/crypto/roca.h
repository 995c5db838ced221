// Private to the room: RSA keys of the flawed generator of CVE-2017-15361 ("ROCA": smart cards,
// TPMs and HSMs of one maker, 2007 to 2017), which can be factored from the public part.
#pragma once

#include "crypto/openssl.h"

namespace ward::crypto {

// Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, section 3.3: the modulus of such a
// key is a power of 65537 modulo every small prime. The odds that another key is taken for one are
// below 2^-27.
bool is_roca_modulus(const BIGNUM* modulus);

}  // namespace ward::crypto
