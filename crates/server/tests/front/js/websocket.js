window.WebSocketService={}
