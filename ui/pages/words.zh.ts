import type { Vocabulary } from './vocabulary.ts';

export const zh: Vocabulary = {
  newTab: '（在新标签页中打开）',
  policy: '隐私政策',
  terms: '服务条款',
  signIn: {
    title: '登录',
    titleWithProblem: '错误：登录',
    introduction: (client) => `登录后将继续前往 ${client}`,
    username: '用户名',
    password: '密码',
    submit: '登录',
    credentials: '用户名与密码不匹配。请检查后重试。',
    throttled: '失败次数过多。请稍等片刻再试。',
    throttledSeconds: (seconds) => `失败次数过多。请在 ${seconds} 秒后重试。`,
    throttledMinutes: (minutes) => `失败次数过多。请在 ${minutes} 分钟后重试。`,
  },
  notice: {
    title: (client) => `允许 ${client} 使用您的账号？`,
    introduction: (client) => `${client} 请求以下权限。只有您保持勾选的项目才会授予。`,
    introductionWithoutScopes: (client) => `${client} 请求与您的账号建立关联，未请求任何具体权限。`,
    scopes: {
      openid: '在您登录时识别您的身份',
      profile: '查看您的个人资料，例如姓名、头像、生日和语言',
      email: '查看您的电子邮件地址',
      address: '查看您的通讯地址',
      phone: '查看您的电话号码',
      offline_access: '在您离开期间继续保有这些权限，直到您撤回为止',
    },
    unknownScope: (scope) => `使用名为“${scope}”的权限，此处没有它的说明`,
    recorded: '您的选择会与本页文字一并记录。',
    withdrawable: '您可以随时撤回。撤回后，该应用会立即失去访问权限。',
    ownPolicy: (client) => `${client} 如何处理您的数据，请见其自己的文件。`,
    accept: '允许',
    deny: '拒绝',
  },
  consent: {
    account: '当前账号',
    required: '必需',
    new: '新增',
    returnsTo: (host) => `无论您如何选择，都会返回 ${host}。`,
  },
  error: {
    troubles: {
      request: {
        title: '无法处理此请求',
        explanation: '应用发来的内容无法接受，或者页面打开的时间过长。没有共享任何信息。请返回应用重新开始。',
      },
      client: {
        title: '此应用无法在这里使用',
        explanation: '我们不认识这个应用，或者它无权执行刚才的操作。没有共享任何信息。请告知该应用的运营者。',
      },
      denied: {
        title: '未授予访问权限',
        explanation: '该应用没有获得访问您账号的权限。如果这并非您的本意，请返回应用重新开始。',
      },
      interaction: {
        title: '需要您先确认',
        explanation: '应用希望不经询问直接继续，但您需要先登录或表示同意。请返回应用重新开始。',
      },
      expired: {
        title: '已过期',
        explanation: '它的有效时间很短。请返回应用或设备，重新获取。',
      },
      busy: {
        title: '暂时无法处理',
        explanation: '我们目前无法响应。没有丢失任何内容：请稍等一分钟再试。',
      },
      server: {
        title: '我们这边出了问题',
        explanation: '这不是您的原因。请一分钟后再试。如果再次出现，请将下面的参考编号告知本服务的运营者。',
      },
      missing: {
        title: '这里没有内容',
        explanation: '地址有误，或者原有内容已不存在。请返回应用重新开始。',
      },
      other: {
        title: '操作未能完成',
        explanation: '您的请求已被中止。请返回应用重新开始。',
      },
    },
    code: '错误代码',
    description: '技术细节',
    guidance: '致应用开发者',
    requestId: '参考编号',
  },
  formPost: {
    title: '正在返回',
    explanation: (host) => `稍后会自动前往 ${host}。如果没有反应，请点按下面的按钮。`,
    submit: '继续',
  },
  signedIn: {
    title: '您已登录',
    account: '当前账号',
    explanation: '没有应用在等待您。您可以关闭此页面，或返回您来自的应用。',
  },
};
