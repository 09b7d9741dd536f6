using System.Security.Cryptography;
using System.Xml.Linq;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;

namespace LiveSessions.Server.Access;

/// <summary>
/// Encrypts the Data Protection keys that lie in SQL, so that a copy of the database alone forges no cookie. The file holds 32 random bytes and must be the same on every node:
/// <c>DataProtection:KeyFile</c>; beside a SQLite archive one is made by itself.
/// </summary>
internal sealed class KeyFile(string path)
{
    private readonly Lazy<byte[]> key = new(() => ReadOrMake(path));

    public byte[] Key => key.Value;

    public bool IsThere => key.IsValueCreated || File.Exists(path);

    private static byte[] ReadOrMake(string path)
    {
        PrivateFiles.MakeDirectory(Path.GetDirectoryName(path)!);
        try
        {
            using var made = PrivateFiles.MakeNew(path);
            var fresh = RandomNumberGenerator.GetBytes(32);
            made.Write(fresh);
            made.Flush(flushToDisk: true);
            return fresh;
        }
        catch (IOException) when (File.Exists(path))
        {
            var bytes = ReadWhole(path);
            return bytes.Length == 32 ? bytes : throw new InvalidOperationException($"The key file {path} must hold exactly 32 bytes, but holds {bytes.Length}.");
        }
    }

    /// <summary>Another process may be making it this moment.</summary>
    private static byte[] ReadWhole(string path)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                if (File.ReadAllBytes(path) is { Length: > 0 } bytes)
                    return bytes;
            }
            catch (IOException) when (tries < 20)
            {
            }
            if (tries >= 20)
                return [];
            Thread.Sleep(50);
        }
    }
}

internal static class KeyFileRegistration
{
    public static IServiceCollection AddKeyFile(this IServiceCollection services, IConfiguration configuration, ArchivePlace place)
    {
        var path = configuration["DataProtection:KeyFile"] ?? (place.IsPostgres ? null : Path.Combine(Path.GetDirectoryName(place.File)!, "cookies.key"));
        if (path is null)
            services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
                new ConfigureOptions<KeyManagementOptions>(_ => provider.GetRequiredService<ILogger<KeyFile>>().KeysUnencrypted()));
        else
        {
            services.AddSingleton(new KeyFile(Path.GetFullPath(path)));
            services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
                new ConfigureOptions<KeyManagementOptions>(options => options.XmlEncryptor = new KeyFileEncryptor(provider.GetRequiredService<KeyFile>())));
        }
        return services;
    }
}

internal sealed class KeyFileEncryptor(KeyFile file) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        var plain = System.Text.Encoding.UTF8.GetBytes(plaintextElement.ToString(SaveOptions.DisableFormatting));
        var nonce = RandomNumberGenerator.GetBytes(AesGcm.NonceByteSizes.MaxSize);
        var tag = new byte[AesGcm.TagByteSizes.MaxSize];
        var secret = new byte[plain.Length];
        using (var aes = new AesGcm(file.Key, tag.Length))
            aes.Encrypt(nonce, plain, secret, tag);
        CryptographicOperations.ZeroMemory(plain);
        return new EncryptedXmlInfo(new XElement("keyFile", Convert.ToBase64String([.. nonce, .. tag, .. secret])), typeof(KeyFileDecryptor));
    }
}

/// <summary>Made by Data Protection from the name in the stored key.</summary>
internal sealed class KeyFileDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        var file = services.GetService<KeyFile>() ?? throw new InvalidOperationException("The sign-in keys in the archive were encrypted with a key file: set DataProtection:KeyFile.");
        ReadOnlySpan<byte> all = Convert.FromBase64String(encryptedElement.Value);
        var nonce = all[..AesGcm.NonceByteSizes.MaxSize];
        var tag = all.Slice(nonce.Length, AesGcm.TagByteSizes.MaxSize);
        var secret = all[(nonce.Length + tag.Length)..];
        var plain = new byte[secret.Length];
        using var aes = new AesGcm(file.Key, tag.Length);
        aes.Decrypt(nonce, secret, tag, plain);
        return XElement.Parse(System.Text.Encoding.UTF8.GetString(plain));
    }
}
