//! The server that REST and Socket.IO share, and its outages.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use crate::build::Overrides;
use crate::faults::{FaultInjector, FaultyListener};
use crate::service::Service;
use crate::{rest, socket};

/// Serves until the other end of `stopped` is dropped, or the port is lost in an outage.
pub(crate) async fn serve(
    service: Arc<Service>,
    listener: std::net::TcpListener,
    mut stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = TcpListener::from_std(listener)?;
    if service.scenario.queued {
        service.queue(Overrides::default()).await;
    }
    let mut router = Router::new().fallback(rest::answer).with_state(service.clone());
    if service.scenario.socket {
        let doorstep = from_fn_with_state(service.clone(), rest::answer_upgrade);
        if service.scenario.recovery.is_none() {
            router = router.layer(socket::layer(&service));
        }
        router = router.layer(doorstep);
    }
    let router = router.into_make_service_with_connect_info::<FaultInjector>();
    let ended = loop {
        let faulty = FaultyListener { listener, connections: service.connections.clone() };
        let outage = tokio::select! {
            ended = axum::serve(faulty, router.clone()) => break ended,
            _ = &mut stopped => break Ok(()),
            outage = service.outages.asked() => outage,
        };
        // The listener is closed by now.
        service.connections.reset();
        service.rooms.close();
        let port = keep(address)?;
        service.outages.begun();
        tokio::select! {
            () = tokio::time::sleep(outage) => listener = port.listen(1024)?,
            _ = &mut stopped => break Ok(()),
        }
    };
    service.rooms.close();
    ended
}

/// Reserves a port without listening: connections are refused.
fn keep(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Elsewhere the option means that the port may be stolen, as for the listeners of std.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
