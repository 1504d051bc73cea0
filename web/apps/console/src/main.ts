import { createPinia } from 'pinia';
import { createApp } from 'vue';
import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/el-message.css';
import 'element-plus/theme-chalk/el-message-box.css';
import 'element-plus/theme-chalk/el-loading.css';
import '@/app/theme.css';
import App from '@/app/App.vue';
import { router } from '@/app/router';
import { i18n } from '@/shared/i18n';

createApp(App).use(createPinia()).use(i18n).use(router).mount('#app');
