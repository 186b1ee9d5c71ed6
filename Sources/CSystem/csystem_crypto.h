// libcrypto as found at run time, for one purpose: signing with a private key in PEM, RSA-PSS over SHA-256 (PS256).
// Names and numbers after openssl/evp.h and openssl/pem.h of OpenSSL 3; no header of it is needed, nothing is linked.

#ifndef CSYSTEM_CRYPTO_H
#define CSYSTEM_CRYPTO_H

#include "csystem_libc.h"

enum {
  csystem_crypto_no_library = -1,
  csystem_crypto_bad_key = -2,
  csystem_crypto_bad_certificate = -3,
  csystem_crypto_not_a_pair = -4,
  csystem_crypto_not_signed = -5,
};

/// An encrypted key is an error: nothing may ask a terminal for its password.
static inline int csystem_crypto_no_password(char *buffer, int size, int writing, void *user) { return 0; }

/// Signs `data` and returns the signature's length, or one of the negative numbers above. The key and the certificate
/// are PEM; they must belong together.
static inline long csystem_crypto_sign(
    const char *key_pem, size_t key_length, const char *certificate_pem, size_t certificate_length,
    const unsigned char *data, size_t data_length, unsigned char *signature, size_t capacity) {
  typedef int (*password)(char *, int, int, void *);
  void *library = csystem_dlopen("libcrypto.so.3", CSYSTEM_DLOPEN_NOW);
  if (!library) library = csystem_dlopen("libcrypto.so.1.1", CSYSTEM_DLOPEN_NOW);
  if (!library) return csystem_crypto_no_library;
#define CSYSTEM_CRYPTO_FIND(result, name, ...)                                 \
  result (*name)(__VA_ARGS__) = (result (*)(__VA_ARGS__))csystem_dlsym(library, #name); \
  if (!name) return csystem_crypto_no_library;
  CSYSTEM_CRYPTO_FIND(void *, BIO_new_mem_buf, const void *, int)
  CSYSTEM_CRYPTO_FIND(int, BIO_free, void *)
  CSYSTEM_CRYPTO_FIND(void *, PEM_read_bio_PrivateKey, void *, void **, password, void *)
  CSYSTEM_CRYPTO_FIND(void *, PEM_read_bio_X509, void *, void **, password, void *)
  CSYSTEM_CRYPTO_FIND(int, X509_check_private_key, const void *, const void *)
  CSYSTEM_CRYPTO_FIND(void, X509_free, void *)
  CSYSTEM_CRYPTO_FIND(void, EVP_PKEY_free, void *)
  CSYSTEM_CRYPTO_FIND(void *, EVP_MD_CTX_new, void)
  CSYSTEM_CRYPTO_FIND(void, EVP_MD_CTX_free, void *)
  CSYSTEM_CRYPTO_FIND(const void *, EVP_sha256, void)
  CSYSTEM_CRYPTO_FIND(int, EVP_DigestSignInit, void *, void **, const void *, void *, void *)
  CSYSTEM_CRYPTO_FIND(int, EVP_PKEY_CTX_ctrl_str, void *, const char *, const char *)
  CSYSTEM_CRYPTO_FIND(int, EVP_DigestSign, void *, unsigned char *, size_t *, const unsigned char *, size_t)
  CSYSTEM_CRYPTO_FIND(void, ERR_clear_error, void)
#undef CSYSTEM_CRYPTO_FIND

  void *key_source = BIO_new_mem_buf(key_pem, (int)key_length);
  void *key = key_source ? PEM_read_bio_PrivateKey(key_source, NULL, csystem_crypto_no_password, NULL) : NULL;
  void *certificate_source = BIO_new_mem_buf(certificate_pem, (int)certificate_length);
  void *certificate =
      certificate_source ? PEM_read_bio_X509(certificate_source, NULL, csystem_crypto_no_password, NULL) : NULL;
  void *context = EVP_MD_CTX_new();
  void *options = NULL;
  size_t length = capacity;
  long result = csystem_crypto_not_signed;
  if (!key) {
    result = csystem_crypto_bad_key;
  } else if (!certificate) {
    result = csystem_crypto_bad_certificate;
  } else if (X509_check_private_key(certificate, key) != 1) {
    result = csystem_crypto_not_a_pair;
  } else if (
      context && EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, key) == 1 &&
      EVP_PKEY_CTX_ctrl_str(options, "rsa_padding_mode", "pss") == 1 &&
      EVP_PKEY_CTX_ctrl_str(options, "rsa_pss_saltlen", "digest") == 1 &&
      EVP_DigestSign(context, signature, &length, data, data_length) == 1) {
    result = (long)length;
  }
  ERR_clear_error();
  if (context) EVP_MD_CTX_free(context);
  if (certificate) X509_free(certificate);
  if (key) EVP_PKEY_free(key);
  if (certificate_source) BIO_free(certificate_source);
  if (key_source) BIO_free(key_source);
  return result;
}

#endif
