// client native|webpki HOST: GET /hello, with the machine's roots or with those that are compiled in.
use std::io::{Read, Write};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let mut roots = rustls::RootCertStore::empty();
    if args[1] == "native" {
        for cert in rustls_native_certs::load_native_certs().certs {
            roots.add(cert)?;
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = args[2].clone().try_into()?;
    let stream = std::net::TcpStream::connect((args[2].as_str(), 443))?;
    let mut tls = rustls::StreamOwned::new(rustls::ClientConnection::new(Arc::new(config), name)?, stream);
    write!(tls, "GET /hello HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", args[2])?;
    let mut reply = String::new();
    tls.read_to_string(&mut reply)?;
    print!("{}", reply.split("\r\n\r\n").nth(1).unwrap_or(""));
    Ok(())
}
